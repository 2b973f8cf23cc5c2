# SPDX-License-Identifier: GPL-2.0-or-later
#
# Cost over a parameter. xlow, xhigh: ends of its axis; xscale: 0 linear, 1 logarithmic, 2 the same
# from 0 on, with the least value above 0 in xzero; ylog: log scale; dN.dat: x, value, low, high;
# ticks.dat: x, label, on a phone, any y.
if (xscale == 1) set logscale x
if (xscale == 2) set nonlinear x via log(1 + x / xzero) inverse xzero * (exp(x) - 1)
if (ylog > 0) set logscale y
set xrange [xlow:xhigh]
set format y format_of(yunit)
set xlabel xlabel
set ylabel ylabel
set mxtics 1
# Bars are drawn as vectors, since yerrorbars would paint a white disc over the lines.
plot "ticks.dat" using 1:4:xticlabel(label) with points ps 0 notitle, \
     for [i=0:series-1] file(i) skip 1 using 1:($3/ydiv):(0):(($4-$3)/ydiv) \
         with vectors heads size screen narrow ? 0.008 : 0.004,90 lt i+1 lw 1 notitle, \
     for [i=0:series-1] file(i) using 1:($2/ydiv) with linespoints lt i+1 ps 0.7 \
         title columnheader(1)
