# 'gnuplot accuracy-epochs.gp' in this folder draws accuracy-epochs.svg and accuracy-epochs.png from accuracy-epochs.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'svg png'] {
if (format eq 'svg') {
    set terminal svg size 798,432 background 'white' font 'DejaVu Sans,13' linewidth 1
} else {
    set terminal pngcairo size 1596,864 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'accuracy-epochs.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
axis = 'test top-1 (%)'
set yrange [10.5551:70.8913]
set xrange [0:10.2]
set multiplot title 'resnet18 on imagenette' offset 0,-0.2
set lmargin at screen 0.09774
set rmargin at screen 0.69925
set tmargin at screen 0.89815
set bmargin at screen 0.13426
set title '' offset 0,-0.5
set ylabel axis
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set key at screen 0.73183, screen 0.89815 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
unset label
plot 'accuracy-epochs.tsv' index 0 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'accuracy-epochs.tsv' index 1 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'accuracy-epochs.tsv' index 2 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'accuracy-epochs.tsv' index 3 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'accuracy-epochs.tsv' index 0 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.5 notitle, \
  'accuracy-epochs.tsv' index 1 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype 1 pointtype 5 pointsize 0.5 notitle, \
  'accuracy-epochs.tsv' index 2 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 pointtype 9 pointsize 0.5 notitle, \
  'accuracy-epochs.tsv' index 3 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype 1 pointtype 13 pointsize 0.5 notitle, \
  keyentry with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.8 title 'ste', \
  keyentry with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype 1 pointtype 5 pointsize 0.8 title 'binaryrelax', \
  keyentry with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 pointtype 9 pointsize 0.8 title 'parq[steepness=10]', \
  keyentry with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype 1 pointtype 13 pointsize 0.8 title 'none'
unset multiplot
}
set output
