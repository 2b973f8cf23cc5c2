# SPDX-License-Identifier: GPL-2.0-or-later
#
# Costs over those of one vCPU. xlow, xhigh: ends of the x axis; ylow, yhigh, ylog: the y axis;
# dN.dat: vCPUs, times the cost of one, and the same of the vCPUs with the least and the most. What
# scales stays on the line at 1.
set logscale x 2
if (ylog > 0) set logscale y
set xrange [xlow:xhigh]
set yrange [ylow:yhigh]
set format y "%g"
set xlabel "vCPUs of one VM at work, log scale"
set ylabel "times that of one vCPU alone"
set mxtics 1
plot 1 with lines lc rgb "#888888" lw 0.8 dt 2 notitle, \
     for [i=0:series-1] file(i) skip 1 using 1:3:(0):($4-$3) \
         with vectors heads size screen narrow ? 0.008 : 0.004,90 lt i+1 lw 1 notitle, \
     for [i=0:series-1] file(i) using 1:2 with linespoints lt i+1 ps 0.7 title columnheader(1)
