# SPDX-License-Identifier: GPL-2.0-or-later
#
# Latency by percentile: most of the axis shows the tail. xhigh: its end; dN.dat: -log10(1 -
# share), value; colors, dashes: of each curve the number of its colour and of its dashes.
set logscale y
set xrange [0:xhigh]
set format y format_of(yunit)
set xtics ("0 %%" 0, "50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, \
    "99.999 %%" 5, "99.9999 %%" 6)
if (narrow) set xtics \
    ("50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5, "" 6)
set xlabel "share of operations that took no longer"
set ylabel ylabel
plot for [i=0:series-1] file(i) using 1:($2/ydiv) with lines \
    lt int(word(colors, i+1)) dt int(word(dashes, i+1)) lw 1.8 title columnheader(1)
