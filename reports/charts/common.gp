# SPDX-License-Identifier: GPL-2.0-or-later
#
# What all plots share; run before each. plot.c has set:
#   narrow	1: for the width of a phone		rows	lines of a chart of rows
#   png	1: for a PNG file
#   height	of the plot, in pixels			keycolumns	of the names above it
#						longest		of these names, in characters
#   series	how many files d0.dat, d1.dat … there are; the first line of each is its name
#   xunit, yunit	"s", "B/s", "B", "%", "" …: SI prefixes are put before the first two
#	xdiv, ydiv	how much of the data's unit is one of the axis's, where that is not 1
# Labels are data only: no text of a result ever becomes part of a command.
if (!exists("xdiv")) xdiv = 1
if (!exists("ydiv")) ydiv = 1
if (!exists("cbdiv")) cbdiv = 1
set datafile separator "\t"
set datafile commentschars ""
set encoding utf8
set micro
set termoption noenhanced
set border 3 lw 0.8
set tics nomirror scale 0.5
set grid lc rgb "#888888" lw 0.4 dt 3
set key outside above left Left reverse horizontal maxcols keycolumns samplen 1.5
if (narrow && longest > 38) set key font ",8"
# Okabe and Ito's colours, which can be told apart with any colour vision, the light ones darkened:
# they are shown on white and on black. Whatever differs in colour also differs in shape or place.
set linetype 1 lc rgb "#0072b2" pt 7  lw 1.4
set linetype 2 lc rgb "#d55e00" pt 5  lw 1.4
set linetype 3 lc rgb "#009e73" pt 9  lw 1.4
set linetype 4 lc rgb "#b5619a" pt 13 lw 1.4
set linetype 5 lc rgb "#b07d00" pt 11 lw 1.4
set linetype 6 lc rgb "#4b9bd0" pt 6  lw 1.4
set linetype 7 lc rgb "#7a7a86" pt 4  lw 1.4
set linetype 8 lc rgb "#8c5a2b" pt 8  lw 1.4
set linetype cycle 8
file(i) = sprintf("d%d.dat", i)
# The column of a file of ticks whose labels fit.
label = narrow ? 3 : 2
# For labels inside a plot; terminals measure fonts differently.
small = png ? ",8" : narrow ? ",9" : ",11"
format_of(unit) = unit eq "s" || unit eq "B/s" ? "%.0s %c".unit : unit eq "B" ? "%.0b %BB" \
    : unit eq "%" ? "%+g %%" : "%g"
