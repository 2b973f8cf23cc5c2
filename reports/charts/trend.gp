# SPDX-License-Identifier: GPL-2.0-or-later
#
# A figure over time. d0.dat: seconds since 1970, value; levels.dat: the ends of each level, blank
# lines between.
set xdata time
set timefmt "%s"
set format x narrow ? "%m/%y" : "%Y-%m-%d"
set rmargin 8
set format y format_of(yunit)
set xlabel "time of the measurement"
set ylabel ylabel
set offsets 0, 0, graph 0.08, graph 0.08
unset key
if (narrow) set xtics rotate by -35
plot "d0.dat" using 1:($2/ydiv) with points lt 1 ps 0.45 notitle, \
     "levels.dat" using 1:($2/ydiv) with lines lt 2 lw 2.2 notitle
