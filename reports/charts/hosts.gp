# SPDX-License-Identifier: GPL-2.0-or-later
#
# Figures over hosts, which have an order and no distance. dN.dat: host, value (NaN: none);
# ticks.dat: host, label, on a phone, any y; hosts: how many there are.
set xrange [-0.2:hosts - 0.8]
set yrange [0:*]
set format y "%.0f"
set xlabel ""
set ylabel ylabel
plot "ticks.dat" using 1:4:xticlabel(label) with points ps 0 notitle, \
     for [i=0:series-1] file(i) using 1:2 with linespoints lt i+1 pt (i < 8 ? 7 : 5) ps 0.7 \
         title columnheader(1)
