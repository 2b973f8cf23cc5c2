# SPDX-License-Identifier: GPL-2.0-or-later
#
# A bar of parts for each row. xhigh: end of the axis; dN.dat, a file for each part: from, to, row,
# half height; names.dat: end of a bar, row, whose it is, the same short (names: letters of the
# longest; 0: none); marks.dat: value, row, for expected numbers (marks: 1 if there are any);
# ticks.dat: row, label, short label.

# Names take a part of the plot's inside: some 300 pixels of a phone's, else some 700.
letters = narrow && names > 22 ? 22 : names
part = letters * (narrow ? 6.0 / 300 : 7.0 / 700)
set xrange [0:xhigh/xdiv/(1 - (part > 0.6 ? 0.6 : part))]
set yrange [rows + 0.5:0.5]
set format x format_of(xunit)
set xlabel xlabel
set border 1
set ytics scale 0
set style fill solid 0.85 noborder
plot "ticks.dat" using (0):1:yticlabel(label) with points ps 0 notitle, \
     for [i=0:series-1] file(i) using (($1+$2)/2/xdiv):3:($1/xdiv):($2/xdiv):($3-$4):($3+$4) \
         with boxxyerror lt i+1 title columnheader(1), \
     "marks.dat" using 1:2:(0):(0.42) with vectors nohead lc rgb "#888888" lw 2.5 \
         title marks > 0 ? "expected" : "", \
     "marks.dat" using 1:2:(0):(-0.42) with vectors nohead lc rgb "#888888" lw 2.5 notitle, \
     for [k=0:(names > 0 ? 0 : -1)] "names.dat" using ($1/xdiv):2:(strcol(narrow ? 4 : 3)) \
         with labels left offset 0.6,0 font small notitle
