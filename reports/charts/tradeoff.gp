# SPDX-License-Identifier: GPL-2.0-or-later
#
# Latency against CPU time. xlow, xhigh: ends of the x axis; ylow, yhigh, ylog: the y axis; d0.dat,
# d1.dat: CPU time, latency; wide.dat, narrow.dat: x, y of a label, label, x, y of its point, and
# where the line from there ends. Labels were placed for the inner size that is set here.
if (ylog > 0) set logscale y
set xrange [xlow/xdiv:xhigh/xdiv]
set yrange [ylow/ydiv:yhigh/ydiv]
set format x "%g"
set format y format_of(yunit)
set xlabel xlabel
set ylabel ylabel
inside = narrow ? 195.0 : 230.0
set lmargin at screen narrow ? 72.0 / 400 : 95.0 / 860
set rmargin at screen narrow ? 384.0 / 400 : 835.0 / 860
set bmargin at screen 58.0 / height
set tmargin at screen (58.0 + inside) / height
labels = narrow ? "narrow.dat" : "wide.dat"
plot labels using ($4/xdiv):($5/ydiv):(($6-$4)/xdiv):(($7-$5)/ydiv) \
    with vectors nohead lc rgb "#888888" lw 0.6 notitle, \
     for [i=0:series-1] file(i) using ($1/xdiv):($2/ydiv) with linespoints lt i+1 lw 1 ps 0.8 \
         title columnheader(1), \
     labels using ($1/xdiv):($2/ydiv):3 with labels font small notitle
