# 'gnuplot accuracy-bits.gp' in this folder draws accuracy-bits.png from accuracy-bits.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 3080,1372 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'accuracy-bits.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST' offset 0,-0.2
set lmargin at screen 0.05065
set rmargin at screen 0.17403
set tmargin at screen 0.86589
set bmargin at screen 0.66181
set title 'ste' offset 0,-0.5
set ylabel 'test top-1 (%)'
set format y '%g'
unset xlabel
set format x ''
unset label
unset arrow
set label 'last epoch; dot: one seed; line: mean over seeds; dashed: full precision' at screen 0.5, screen 0.93294 center font ',11' textcolor rgb "#666666"
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#555555" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 0 using 2:4 with points linecolor rgb "#555555" pointtype 7 pointsize 0.6 notitle
set lmargin at screen 0.19091
set rmargin at screen 0.31429
set tmargin at screen 0.86589
set bmargin at screen 0.66181
set title 'binaryconnect' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#0072B2" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 2 using 2:4 with points linecolor rgb "#0072B2" pointtype 5 pointsize 0.6 notitle
set lmargin at screen 0.33117
set rmargin at screen 0.45455
set tmargin at screen 0.86589
set bmargin at screen 0.66181
set title 'binaryrelax' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D55E00" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 4 using 2:4 with points linecolor rgb "#D55E00" pointtype 9 pointsize 0.6 notitle
set lmargin at screen 0.47143
set rmargin at screen 0.59481
set tmargin at screen 0.86589
set bmargin at screen 0.66181
set title 'parq' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#009E73" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 6 using 2:4 with points linecolor rgb "#009E73" pointtype 13 pointsize 0.6 notitle
set lmargin at screen 0.61169
set rmargin at screen 0.73506
set tmargin at screen 0.86589
set bmargin at screen 0.66181
set title 'softquant' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#CC79A7" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 8 using 2:4 with points linecolor rgb "#CC79A7" pointtype 11 pointsize 0.6 notitle
set lmargin at screen 0.75195
set rmargin at screen 0.87532
set tmargin at screen 0.86589
set bmargin at screen 0.66181
set title 'par' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#E69F00" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 10 using 2:4 with points linecolor rgb "#E69F00" pointtype 15 pointsize 0.6 notitle
set lmargin at screen 0.05065
set rmargin at screen 0.17403
set tmargin at screen 0.57726
set bmargin at screen 0.37318
set title 'nmsgd' offset 0,-0.5
set ylabel 'test top-1 (%)'
set format y '%g'
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#56B4E9" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 12 using 2:4 with points linecolor rgb "#56B4E9" pointtype 4 pointsize 0.6 notitle
set lmargin at screen 0.19091
set rmargin at screen 0.31429
set tmargin at screen 0.57726
set bmargin at screen 0.37318
set title 'par-quasiconvex' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#8C510A" linewidth 1.8 dashtype 1 notitle, \
  'accuracy-bits.tsv' index 14 using 2:4 with points linecolor rgb "#8C510A" pointtype 6 pointsize 0.6 notitle
set lmargin at screen 0.33117
set rmargin at screen 0.45455
set tmargin at screen 0.57726
set bmargin at screen 0.37318
set title 'par-nonconvex' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#555555" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 16 using 2:4 with points linecolor rgb "#555555" pointtype 5 pointsize 0.6 notitle
set lmargin at screen 0.47143
set rmargin at screen 0.59481
set tmargin at screen 0.57726
set bmargin at screen 0.37318
set title 'proxquant' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#0072B2" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 18 using 2:4 with points linecolor rgb "#0072B2" pointtype 9 pointsize 0.6 notitle
set lmargin at screen 0.61169
set rmargin at screen 0.73506
set tmargin at screen 0.57726
set bmargin at screen 0.37318
set title 'proxconnect' offset 0,-0.5
unset ylabel
set format y ''
unset xlabel
set format x ''
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D55E00" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 20 using 2:4 with points linecolor rgb "#D55E00" pointtype 13 pointsize 0.6 notitle
set lmargin at screen 0.75195
set rmargin at screen 0.87532
set tmargin at screen 0.57726
set bmargin at screen 0.37318
set title 'proxsgd' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'bits of a weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#009E73" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 22 using 2:4 with points linecolor rgb "#009E73" pointtype 11 pointsize 0.6 notitle
set lmargin at screen 0.05065
set rmargin at screen 0.17403
set tmargin at screen 0.28863
set bmargin at screen 0.08455
set title 'lsq' offset 0,-0.5
set ylabel 'test top-1 (%)'
set format y '%g'
set xlabel 'bits of a weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#CC79A7" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 24 using 2:4 with points linecolor rgb "#CC79A7" pointtype 15 pointsize 0.6 notitle
set lmargin at screen 0.19091
set rmargin at screen 0.31429
set tmargin at screen 0.28863
set bmargin at screen 0.08455
set title 'dorefa' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'bits of a weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#E69F00" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 26 using 2:4 with points linecolor rgb "#E69F00" pointtype 4 pointsize 0.6 notitle
set lmargin at screen 0.33117
set rmargin at screen 0.45455
set tmargin at screen 0.28863
set bmargin at screen 0.08455
set title 'ttq' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'bits of a weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#56B4E9" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 28 using 2:4 with points linecolor rgb "#56B4E9" pointtype 6 pointsize 0.6 notitle
set lmargin at screen 0.47143
set rmargin at screen 0.59481
set tmargin at screen 0.28863
set bmargin at screen 0.08455
set title 'admm' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'bits of a weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#8C510A" linewidth 1.8 dashtype '-' notitle, \
  'accuracy-bits.tsv' index 30 using 2:4 with points linecolor rgb "#8C510A" pointtype 7 pointsize 0.6 notitle
set lmargin at screen 0.61169
set rmargin at screen 0.73506
set tmargin at screen 0.28863
set bmargin at screen 0.08455
set title 'waveq' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'bits of a weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.89221, screen 0.86589 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
set arrow from graph 0, first 87.57333 to graph 1, first 87.57333 nohead linecolor rgb "#0072B2" linewidth 1.6 dashtype '-'
set xtics ('1' 1, 'ternary' 1.58496, '2' 2)
set yrange [75.3622:88.3878]
set offsets graph 0.06, graph 0.06, 0, 0
plot 'accuracy-bits.tsv' index 1 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 3 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 5 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 7 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 9 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 11 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 13 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 15 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 17 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 19 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 21 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 23 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 25 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 27 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 29 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 31 using 2:4 with lines linecolor rgb "#D4D4D4" linewidth 1 notitle, \
  'accuracy-bits.tsv' index 33 using 2:4 with lines linecolor rgb "#555555" linewidth 1.8 dashtype '.' notitle, \
  'accuracy-bits.tsv' index 32 using 2:4 with points linecolor rgb "#555555" pointtype 9 pointsize 0.6 notitle, \
  keyentry with lines linecolor rgb "#D4D4D4" linewidth 1 title 'the others', \
  keyentry with lines linecolor rgb "#0072B2" linewidth 1.6 dashtype '-' title 'none (float)'
unset multiplot
unset label
unset arrow
}
set output
