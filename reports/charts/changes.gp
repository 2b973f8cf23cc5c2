# SPDX-License-Identifier: GPL-2.0-or-later
#
# A row for each cell: by how much it changed, in percent, with the interval. limit: ends of the
# axis; floor: changes below it do not matter; dN.dat: change, row, low, high, colour; ticks.dat:
# row, label, short label.
set xrange [-limit:limit]
set yrange [rows + 0.5:0.5]
set format x "%+g %%"
set xlabel xlabel
# At the width of a phone there is room for few figures below the axis.
power = 10 ** floor(log10(limit))
if (narrow) set xtics limit / power >= 5 ? 5 * power : limit / power >= 2 ? 2 * power : power
set border 1
set ytics scale 0
set object 1 rectangle from -floor, graph 0 to floor, graph 1 behind fillcolor rgb "#888888" \
    fillstyle solid 0.25 noborder
set arrow 1 from 0, graph 0 to 0, graph 1 nohead lc rgb "#888888" lw 1.2
plot "ticks.dat" using (0):1:yticlabel(label) with points ps 0 notitle, \
     for [i=0:series-1] file(i) using 1:2:3:4:5 with xerrorbars lc rgb variable pt i == 0 ? 7 \
         : 12 ps i == 0 ? 0.7 : 0.9 title columnheader(1)
