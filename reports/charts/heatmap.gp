# SPDX-License-Identifier: GPL-2.0-or-later
#
# A field for each pair of values. columns: how many; cblow, cbhigh: ends of the colour scale,
# cblog: 1 on a log scale; fields.dat: column, row, value, the same as text, colour of the text;
# missing.dat: column, row, why; columns.dat, ticks.dat: place, label, short label. missing: number
# of lines in missing.dat, since gnuplot 5.4 crashes on labels from an empty file. Palette:
# Cividis, whose steps look even with any colour vision and in grey (J. Nuñez and others, PLOS ONE
# 13(7), 2018).
set palette defined (0 "#00224e", 0.25 "#434e6c", 0.5 "#7d7c78", 0.75 "#bcae6c", 1 "#fee838") \
    maxcolors 48
if (cblog > 0) set logscale cb
set cbrange [cblow/cbdiv:cbhigh/cbdiv]
set format cb format_of(cbunit)
set xrange [0.5:columns + 0.5]
set yrange [rows + 0.5:0.5]
set xlabel xlabel
set ylabel ylabel
unset grid
set border 0
set tics scale 0
set cbtics scale 0.5
# If the fields have no room for figures, the colour scale has to show them.
figures = columns <= (narrow ? 5 : 9)
if (narrow && figures) unset colorbox; else set cblabel cblabel offset 1,0
if (columns > (narrow ? 3 : 7)) set xtics rotate by -35
plot "columns.dat" using 1:(rows + 1):xticlabel(label) with points ps 0 notitle, \
     "ticks.dat" using (0):1:yticlabel(label) with points ps 0 notitle, \
     "fields.dat" using 1:2:(0.49):(0.47):($3/cbdiv) \
         with boxxyerror lc palette fs solid 1 noborder notitle, \
     for [k=0:(missing > 0 ? 1 : -1)] "missing.dat" \
         using ($1-0.49+k*0.49):($2+k*0.47):(0.49):(-0.47) \
         with vectors nohead lc rgb "#888888" lw 0.8 notitle, \
     for [k=0:(missing > 0 ? 0 : -1)] "missing.dat" using 1:2:(0.49):(0.47) \
         with boxxyerror fs empty border lc rgb "#888888" lw 0.8 notitle, \
     for [k=0:(missing > 0 ? 0 : -1)] "missing.dat" using 1:2:3 with labels font small notitle, \
     "fields.dat" using 1:2:(figures ? strcol(4) : ""):5 \
         with labels tc rgb variable font small notitle
