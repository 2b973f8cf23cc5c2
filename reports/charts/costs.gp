# SPDX-License-Identifier: GPL-2.0-or-later
#
# A row for each workload: the median and its interval. xlow, xhigh: ends of the axis; xlog: 1 on a
# log scale; dN.dat: value, row, low, high, figure in words, 1 if low is beyond the axis; ticks.dat:
# row, label, short label.
if (xlog > 0) set logscale x
# At the width of a phone there is room for some four figures below the axis.
decades = xlog > 0 ? log10(xhigh / xlow) : 0
if (narrow && decades > 2) set xtics 10 ** ceil(decades / 4)
if (narrow && xlog == 0) set xtics autofreq rotate by -30
set xrange [xlow/xdiv:xhigh/xdiv]
set yrange [rows + 0.5:0.5]
set format x format_of(xunit)
set xlabel xlabel
set border 1
set ytics scale 0
set mxtics 1
if (series == 1) unset key
plot "ticks.dat" using (xlow/xdiv):1:yticlabel(label) with points ps 0 notitle, \
     for [i=0:series-1] file(i) using ($1/xdiv):2:($3/xdiv):($4/xdiv) \
         with xerrorbars lt i+1 ps narrow ? 0.5 : 0.7 title columnheader(1), \
     for [i=0:series-1] file(i) using ($6 > 0 ? $3*1.25/xdiv : NaN):2:(-$3*0.25/xdiv):(0) \
         with vectors head filled lt i+1 notitle, \
     for [i=0:(series == 1 ? 0 : -1)] file(i) skip 1 using ($4/xdiv):2:5 \
         with labels left offset 0.8,0 font small notitle
