# 'gnuplot loss-epochs.gp' in this folder draws loss-epochs.svg and loss-epochs.png from loss-epochs.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'svg png'] {
if (format eq 'svg') {
    set terminal svg size 1216,514 background 'white' font 'DejaVu Sans,13' linewidth 1
} else {
    set terminal pngcairo size 2432,1028 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'loss-epochs.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
axis = 'test loss (cross-entropy)'
set yrange [-1.92324e+06:5.00043e+07]
set xrange [0:4.08]
set multiplot title 'resnet8 on Fashion-MNIST' offset 0,-0.2
set lmargin at screen 0.06414
set rmargin at screen 0.30263
set tmargin at screen 0.86381
set bmargin at screen 0.11284
set title '2 bits' offset 0,-0.5
set ylabel axis
set format y '%g'
set xlabel 'epoch' offset 0,0.3
unset key
unset label
set label 'binaryconnect: skipped' at graph 0.98, graph 0.960 right font ',11' textcolor rgb "#0072B2"
set label 'ttq: skipped' at graph 0.98, graph 0.895 right font ',11' textcolor rgb "#56B4E9"
plot 'loss-epochs.tsv' index 0 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 1 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 2 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 3 using 3:5:6 with filledcurves fillcolor rgb "#CC79A7" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 4 using 3:5:6 with filledcurves fillcolor rgb "#E69F00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 5 using 3:5:6 with filledcurves fillcolor rgb "#56B4E9" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 6 using 3:5:6 with filledcurves fillcolor rgb "#8C510A" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 7 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 8 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 9 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 10 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 11 using 3:5:6 with filledcurves fillcolor rgb "#CC79A7" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 12 using 3:5:6 with filledcurves fillcolor rgb "#E69F00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 13 using 3:5:6 with filledcurves fillcolor rgb "#8C510A" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 14 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 45 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 0 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 1 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 2 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype 1 pointtype 13 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 3 using 3:4 with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype 1 pointtype 11 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 4 using 3:4 with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype 1 pointtype 15 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 5 using 3:4 with linespoints linecolor rgb "#56B4E9" linewidth 1.8 dashtype 1 pointtype 4 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 6 using 3:4 with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype 1 pointtype 6 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 7 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '-' pointtype 5 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 8 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '-' pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 9 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype '-' pointtype 13 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 10 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype '-' pointtype 11 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 11 using 3:4 with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype '-' pointtype 15 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 12 using 3:4 with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype '-' pointtype 4 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 13 using 3:4 with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype '-' pointtype 7 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 14 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '.' pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 45 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '.' pointtype 13 pointsize 0.5 notitle
set lmargin at screen 0.32401
set rmargin at screen 0.56250
set tmargin at screen 0.86381
set bmargin at screen 0.11284
set title 'ternary' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
unset key
unset label
set label 'binaryconnect: skipped' at graph 0.98, graph 0.960 right font ',11' textcolor rgb "#0072B2"
set label 'dorefa: skipped' at graph 0.98, graph 0.895 right font ',11' textcolor rgb "#E69F00"
plot 'loss-epochs.tsv' index 15 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 16 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 17 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 18 using 3:5:6 with filledcurves fillcolor rgb "#CC79A7" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 19 using 3:5:6 with filledcurves fillcolor rgb "#E69F00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 20 using 3:5:6 with filledcurves fillcolor rgb "#56B4E9" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 21 using 3:5:6 with filledcurves fillcolor rgb "#8C510A" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 22 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 23 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 24 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 25 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 26 using 3:5:6 with filledcurves fillcolor rgb "#CC79A7" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 27 using 3:5:6 with filledcurves fillcolor rgb "#56B4E9" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 28 using 3:5:6 with filledcurves fillcolor rgb "#8C510A" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 29 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 45 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 15 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 16 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 17 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype 1 pointtype 13 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 18 using 3:4 with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype 1 pointtype 11 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 19 using 3:4 with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype 1 pointtype 15 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 20 using 3:4 with linespoints linecolor rgb "#56B4E9" linewidth 1.8 dashtype 1 pointtype 4 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 21 using 3:4 with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype 1 pointtype 6 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 22 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '-' pointtype 5 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 23 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '-' pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 24 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype '-' pointtype 13 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 25 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype '-' pointtype 11 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 26 using 3:4 with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype '-' pointtype 15 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 27 using 3:4 with linespoints linecolor rgb "#56B4E9" linewidth 1.8 dashtype '-' pointtype 6 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 28 using 3:4 with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype '-' pointtype 7 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 29 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '.' pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 45 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '.' pointtype 13 pointsize 0.5 notitle
set lmargin at screen 0.58388
set rmargin at screen 0.82237
set tmargin at screen 0.86381
set bmargin at screen 0.11284
set title '1 bit' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'epoch' offset 0,0.3
set key at screen 0.84375, screen 0.86381 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
unset label
set label 'par-quasiconvex: skipped' at graph 0.98, graph 0.960 right font ',11' textcolor rgb "#8C510A"
set label 'ttq: skipped' at graph 0.98, graph 0.895 right font ',11' textcolor rgb "#56B4E9"
plot 'loss-epochs.tsv' index 30 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 31 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 32 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 33 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 34 using 3:5:6 with filledcurves fillcolor rgb "#CC79A7" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 35 using 3:5:6 with filledcurves fillcolor rgb "#E69F00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 36 using 3:5:6 with filledcurves fillcolor rgb "#56B4E9" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 37 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 38 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 39 using 3:5:6 with filledcurves fillcolor rgb "#D55E00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 40 using 3:5:6 with filledcurves fillcolor rgb "#009E73" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 41 using 3:5:6 with filledcurves fillcolor rgb "#CC79A7" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 42 using 3:5:6 with filledcurves fillcolor rgb "#E69F00" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 43 using 3:5:6 with filledcurves fillcolor rgb "#8C510A" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 44 using 3:5:6 with filledcurves fillcolor rgb "#555555" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 45 using 3:5:6 with filledcurves fillcolor rgb "#0072B2" fillstyle transparent solid 0.18 noborder notitle, \
  'loss-epochs.tsv' index 30 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 31 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype 1 pointtype 5 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 32 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 33 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype 1 pointtype 13 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 34 using 3:4 with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype 1 pointtype 11 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 35 using 3:4 with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype 1 pointtype 15 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 36 using 3:4 with linespoints linecolor rgb "#56B4E9" linewidth 1.8 dashtype 1 pointtype 4 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 37 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '-' pointtype 5 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 38 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '-' pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 39 using 3:4 with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype '-' pointtype 13 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 40 using 3:4 with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype '-' pointtype 11 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 41 using 3:4 with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype '-' pointtype 15 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 42 using 3:4 with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype '-' pointtype 4 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 43 using 3:4 with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype '-' pointtype 7 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 44 using 3:4 with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '.' pointtype 9 pointsize 0.5 notitle, \
  'loss-epochs.tsv' index 45 using 3:4 with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '.' pointtype 13 pointsize 0.5 notitle, \
  keyentry with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype 1 pointtype 7 pointsize 0.8 title 'ste', \
  keyentry with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype 1 pointtype 5 pointsize 0.8 title 'binaryconnect', \
  keyentry with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 pointtype 9 pointsize 0.8 title 'binaryrelax', \
  keyentry with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype 1 pointtype 13 pointsize 0.8 title 'parq', \
  keyentry with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype 1 pointtype 11 pointsize 0.8 title 'softquant', \
  keyentry with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype 1 pointtype 15 pointsize 0.8 title 'par', \
  keyentry with linespoints linecolor rgb "#56B4E9" linewidth 1.8 dashtype 1 pointtype 4 pointsize 0.8 title 'nmsgd', \
  keyentry with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype 1 pointtype 6 pointsize 0.8 title 'par-quasiconvex', \
  keyentry with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '-' pointtype 5 pointsize 0.8 title 'par-nonconvex', \
  keyentry with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '-' pointtype 9 pointsize 0.8 title 'proxquant', \
  keyentry with linespoints linecolor rgb "#D55E00" linewidth 1.8 dashtype '-' pointtype 13 pointsize 0.8 title 'proxconnect', \
  keyentry with linespoints linecolor rgb "#009E73" linewidth 1.8 dashtype '-' pointtype 11 pointsize 0.8 title 'proxsgd', \
  keyentry with linespoints linecolor rgb "#CC79A7" linewidth 1.8 dashtype '-' pointtype 15 pointsize 0.8 title 'lsq', \
  keyentry with linespoints linecolor rgb "#E69F00" linewidth 1.8 dashtype '-' pointtype 4 pointsize 0.8 title 'dorefa', \
  keyentry with linespoints linecolor rgb "#56B4E9" linewidth 1.8 dashtype '-' pointtype 6 pointsize 0.8 title 'ttq', \
  keyentry with linespoints linecolor rgb "#8C510A" linewidth 1.8 dashtype '-' pointtype 7 pointsize 0.8 title 'admm', \
  keyentry with linespoints linecolor rgb "#555555" linewidth 1.8 dashtype '.' pointtype 9 pointsize 0.8 title 'waveq', \
  keyentry with linespoints linecolor rgb "#0072B2" linewidth 1.8 dashtype '.' pointtype 13 pointsize 0.8 title 'none'
unset multiplot
}
set output
