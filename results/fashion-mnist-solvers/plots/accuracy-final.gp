# 'gnuplot accuracy-final.gp' in this folder draws accuracy-final.svg and accuracy-final.png from accuracy-final.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'svg png'] {
if (format eq 'svg') {
    set terminal svg size 1600,460 background 'white' font 'DejaVu Sans,13' linewidth 1
} else {
    set terminal pngcairo size 3200,920 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'accuracy-final.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set title 'resnet8 on Fashion-MNIST'
set ylabel 'test top-1, last epoch (%)'
set xlabel 'point: one seed; line: mean; whisker: one standard deviation' font ',11' textcolor rgb "#666666"
set xrange [0.3:56.300]
set yrange [74.1372:89.6359]
set key outside right top Left reverse samplen 1 spacing 1.25 textcolor rgb "#222222"
set xtics scale 0 ('2 bits' 9.000, 'ternary' 27.200, '1 bit' 45.400, 'float' 55.600)
set label 'skipped' at 2.000, graph 0.025 center font ',11' textcolor rgb "#0072B2"
set label 'skipped' at 20.200, graph 0.025 center font ',11' textcolor rgb "#0072B2"
set label 'skipped' at 44.400, graph 0.025 center font ',11' textcolor rgb "#8C510A"
set label 'skipped' at 32.200, graph 0.025 center font ',11' textcolor rgb "#E69F00"
set label 'skipped' at 15.000, graph 0.025 center font ',11' textcolor rgb "#56B4E9"
set label 'skipped' at 51.400, graph 0.025 center font ',11' textcolor rgb "#56B4E9"
set arrow from 18.100, graph 0 to 18.100, graph 1 nohead linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set arrow from 36.300, graph 0 to 36.300, graph 1 nohead linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set arrow from 54.500, graph 0 to 54.500, graph 1 nohead linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
plot 'accuracy-final.tsv' index 1 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#555555" linewidth 1.2 notitle, \
  '' index 1 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#555555" linewidth 2.6 notitle, \
  '' index 0 using 4:5 with points linecolor rgb "#555555" pointtype 7 pointsize 0.75 title 'ste', \
  'accuracy-final.tsv' index 3 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#0072B2" linewidth 1.2 notitle, \
  '' index 3 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#0072B2" linewidth 2.6 notitle, \
  '' index 2 using 4:5 with points linecolor rgb "#0072B2" pointtype 5 pointsize 0.75 title 'binaryconnect', \
  'accuracy-final.tsv' index 5 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#D55E00" linewidth 1.2 notitle, \
  '' index 5 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#D55E00" linewidth 2.6 notitle, \
  '' index 4 using 4:5 with points linecolor rgb "#D55E00" pointtype 9 pointsize 0.75 title 'binaryrelax', \
  'accuracy-final.tsv' index 7 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#009E73" linewidth 1.2 notitle, \
  '' index 7 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#009E73" linewidth 2.6 notitle, \
  '' index 6 using 4:5 with points linecolor rgb "#009E73" pointtype 13 pointsize 0.75 title 'parq', \
  'accuracy-final.tsv' index 9 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#CC79A7" linewidth 1.2 notitle, \
  '' index 9 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#CC79A7" linewidth 2.6 notitle, \
  '' index 8 using 4:5 with points linecolor rgb "#CC79A7" pointtype 11 pointsize 0.75 title 'softquant', \
  'accuracy-final.tsv' index 11 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#E69F00" linewidth 1.2 notitle, \
  '' index 11 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#E69F00" linewidth 2.6 notitle, \
  '' index 10 using 4:5 with points linecolor rgb "#E69F00" pointtype 15 pointsize 0.75 title 'par', \
  'accuracy-final.tsv' index 13 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#56B4E9" linewidth 1.2 notitle, \
  '' index 13 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#56B4E9" linewidth 2.6 notitle, \
  '' index 12 using 4:5 with points linecolor rgb "#56B4E9" pointtype 4 pointsize 0.75 title 'nmsgd', \
  'accuracy-final.tsv' index 15 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#8C510A" linewidth 1.2 notitle, \
  '' index 15 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#8C510A" linewidth 2.6 notitle, \
  '' index 14 using 4:5 with points linecolor rgb "#8C510A" pointtype 6 pointsize 0.75 title 'par-quasiconvex', \
  'accuracy-final.tsv' index 17 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#555555" linewidth 1.2 notitle, \
  '' index 17 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#555555" linewidth 2.6 notitle, \
  '' index 16 using 4:5 with points linecolor rgb "#555555" pointtype 5 pointsize 0.75 title 'par-nonconvex', \
  'accuracy-final.tsv' index 19 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#0072B2" linewidth 1.2 notitle, \
  '' index 19 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#0072B2" linewidth 2.6 notitle, \
  '' index 18 using 4:5 with points linecolor rgb "#0072B2" pointtype 9 pointsize 0.75 title 'proxquant', \
  'accuracy-final.tsv' index 21 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#D55E00" linewidth 1.2 notitle, \
  '' index 21 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#D55E00" linewidth 2.6 notitle, \
  '' index 20 using 4:5 with points linecolor rgb "#D55E00" pointtype 13 pointsize 0.75 title 'proxconnect', \
  'accuracy-final.tsv' index 23 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#009E73" linewidth 1.2 notitle, \
  '' index 23 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#009E73" linewidth 2.6 notitle, \
  '' index 22 using 4:5 with points linecolor rgb "#009E73" pointtype 11 pointsize 0.75 title 'proxsgd', \
  'accuracy-final.tsv' index 25 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#CC79A7" linewidth 1.2 notitle, \
  '' index 25 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#CC79A7" linewidth 2.6 notitle, \
  '' index 24 using 4:5 with points linecolor rgb "#CC79A7" pointtype 15 pointsize 0.75 title 'lsq', \
  'accuracy-final.tsv' index 27 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#E69F00" linewidth 1.2 notitle, \
  '' index 27 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#E69F00" linewidth 2.6 notitle, \
  '' index 26 using 4:5 with points linecolor rgb "#E69F00" pointtype 4 pointsize 0.75 title 'dorefa', \
  'accuracy-final.tsv' index 29 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#56B4E9" linewidth 1.2 notitle, \
  '' index 29 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#56B4E9" linewidth 2.6 notitle, \
  '' index 28 using 4:5 with points linecolor rgb "#56B4E9" pointtype 6 pointsize 0.75 title 'ttq', \
  'accuracy-final.tsv' index 31 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#8C510A" linewidth 1.2 notitle, \
  '' index 31 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#8C510A" linewidth 2.6 notitle, \
  '' index 30 using 4:5 with points linecolor rgb "#8C510A" pointtype 7 pointsize 0.75 title 'admm', \
  'accuracy-final.tsv' index 33 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#555555" linewidth 1.2 notitle, \
  '' index 33 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#555555" linewidth 2.6 notitle, \
  '' index 32 using 4:5 with points linecolor rgb "#555555" pointtype 9 pointsize 0.75 title 'waveq', \
  'accuracy-final.tsv' index 35 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#0072B2" linewidth 1.2 notitle, \
  '' index 35 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#0072B2" linewidth 2.6 notitle, \
  '' index 34 using 4:5 with points linecolor rgb "#0072B2" pointtype 13 pointsize 0.75 title 'none'
unset label
unset arrow
}
set output
