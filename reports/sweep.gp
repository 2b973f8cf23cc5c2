# SPDX-License-Identifier: GPL-2.0-or-later
#
# Cost over a parameter. xlog, ylog: log scales; dN.dat: x, value, low, high.
if (xlog > 0) set logscale x xlog
if (ylog > 0) set logscale y
set format x format_of(xunit)
set format y format_of(yunit)
set xlabel xlabel
set ylabel ylabel
set offsets graph 0.04, graph 0.04, 0, 0
set key outside above left Left reverse vertical maxrows narrow ? 8 : 4
plot for [i=0:series-1] file(i) using ($1/xdiv):($2/ydiv) with linespoints lt i+1 ps 0.7 title columnheader(1), \
     for [i=0:series-1] file(i) skip 1 using ($1/xdiv):($2/ydiv):($3/ydiv):($4/ydiv) with yerrorbars lt i+1 ps 0 notitle
