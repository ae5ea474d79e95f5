# 'gnuplot histogram-parq.gp' in this folder draws histogram-parq.png from histogram-parq.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 3152,1444 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'histogram-parq.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST, parq, seed 1: weights and levels' offset 0,-0.2
set lmargin at screen 0.04949
set rmargin at screen 0.17640
set tmargin at screen 0.90028
set bmargin at screen 0.70637
set title 'conv1, epoch 0.025' offset 0,-0.5
set ylabel 'count (of the largest)'
set format y '%g'
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.2262:0.945017]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.5261631, graph 0 to -0.5261631, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1222702, graph 0 to -0.1222702, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1222702, graph 0 to 0.1222702, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5261631, graph 0 to 0.5261631, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 0 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 0 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.19289
set rmargin at screen 0.31980
set tmargin at screen 0.90028
set bmargin at screen 0.70637
set title 'conv1, epoch 2' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.62753:1.20619]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.5630655, graph 0 to -0.5630655, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1386133, graph 0 to -0.1386133, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1386133, graph 0 to 0.1386133, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5630655, graph 0 to 0.5630655, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 1 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 1 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.33629
set rmargin at screen 0.46320
set tmargin at screen 0.90028
set bmargin at screen 0.70637
set title 'conv1, epoch 3' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.62492:1.32331]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.5666736, graph 0 to -0.5666736, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1458766, graph 0 to -0.1458766, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1458766, graph 0 to 0.1458766, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5666736, graph 0 to 0.5666736, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 2 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 2 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.47970
set rmargin at screen 0.60660
set tmargin at screen 0.90028
set bmargin at screen 0.70637
set title 'conv1, epoch 4' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.63518:1.28875]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.571018, graph 0 to -0.571018, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1522988, graph 0 to -0.1522988, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1522988, graph 0 to 0.1522988, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.571018, graph 0 to 0.571018, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 3 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 3 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.62310
set rmargin at screen 0.75000
set tmargin at screen 0.90028
set bmargin at screen 0.70637
set title 'conv1, epoch 5' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.6506:1.3156]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.5727999, graph 0 to -0.5727999, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1509463, graph 0 to -0.1509463, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1509463, graph 0 to 0.1509463, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5727999, graph 0 to 0.5727999, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 4 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 4 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.76650
set rmargin at screen 0.89340
set tmargin at screen 0.90028
set bmargin at screen 0.70637
set title 'conv1, epoch 6' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.6517:1.31801]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.5730686, graph 0 to -0.5730686, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1514009, graph 0 to -0.1514009, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1514009, graph 0 to 0.1514009, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5730686, graph 0 to 0.5730686, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 5 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 5 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.04949
set rmargin at screen 0.17640
set tmargin at screen 0.58726
set bmargin at screen 0.39335
set title 'layer2.0.conv1, epoch 0.025' offset 0,-0.5
set ylabel 'count (of the largest)'
set format y '%g'
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.443467:0.400368]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1559878, graph 0 to -0.1559878, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.03770072, graph 0 to -0.03770072, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.03770072, graph 0 to 0.03770072, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1559878, graph 0 to 0.1559878, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 6 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 6 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.19289
set rmargin at screen 0.31980
set tmargin at screen 0.58726
set bmargin at screen 0.39335
set title 'layer2.0.conv1, epoch 2' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.463818:0.432467]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.162745, graph 0 to -0.162745, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.03962488, graph 0 to -0.03962488, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.03962488, graph 0 to 0.03962488, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.162745, graph 0 to 0.162745, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 7 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 7 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.33629
set rmargin at screen 0.46320
set tmargin at screen 0.58726
set bmargin at screen 0.39335
set title 'layer2.0.conv1, epoch 3' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.464578:0.419799]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.163596, graph 0 to -0.163596, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.04009769, graph 0 to -0.04009769, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.04009769, graph 0 to 0.04009769, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.163596, graph 0 to 0.163596, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 8 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 8 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.47970
set rmargin at screen 0.60660
set tmargin at screen 0.58726
set bmargin at screen 0.39335
set title 'layer2.0.conv1, epoch 4' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.462997:0.41833]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1638451, graph 0 to -0.1638451, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.04025171, graph 0 to -0.04025171, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.04025171, graph 0 to 0.04025171, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1638451, graph 0 to 0.1638451, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 9 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 9 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.62310
set rmargin at screen 0.75000
set tmargin at screen 0.58726
set bmargin at screen 0.39335
set title 'layer2.0.conv1, epoch 5' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.460929:0.418081]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1637825, graph 0 to -0.1637825, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.04026674, graph 0 to -0.04026674, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.04026674, graph 0 to 0.04026674, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1637825, graph 0 to 0.1637825, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 10 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 10 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.76650
set rmargin at screen 0.89340
set tmargin at screen 0.58726
set bmargin at screen 0.39335
set title 'layer2.0.conv1, epoch 6' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.460969:0.419495]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1637498, graph 0 to -0.1637498, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.04030081, graph 0 to -0.04030081, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.04030081, graph 0 to 0.04030081, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1637498, graph 0 to 0.1637498, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 11 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 11 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.04949
set rmargin at screen 0.17640
set tmargin at screen 0.27424
set bmargin at screen 0.08033
set title 'linear, epoch 0.025' offset 0,-0.5
set ylabel 'count (of the largest)'
set format y '%g'
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.544811:0.550767]
set yrange [0:1.08]
set xtics 0.3
set arrow from -0.2315875, graph 0 to -0.2315875, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.05765844, graph 0 to -0.05765844, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.05765844, graph 0 to 0.05765844, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.2315875, graph 0 to 0.2315875, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 12 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 12 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.19289
set rmargin at screen 0.31980
set tmargin at screen 0.27424
set bmargin at screen 0.08033
set title 'linear, epoch 2' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.800886:0.9046]
set yrange [0:1.08]
set xtics 0.4
set arrow from -0.4035682, graph 0 to -0.4035682, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1054614, graph 0 to -0.1054614, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1054614, graph 0 to 0.1054614, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4035682, graph 0 to 0.4035682, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 13 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 13 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.33629
set rmargin at screen 0.46320
set tmargin at screen 0.27424
set bmargin at screen 0.08033
set title 'linear, epoch 3' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.800169:0.967085]
set yrange [0:1.08]
set xtics 0.4
set arrow from -0.427353, graph 0 to -0.427353, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1115665, graph 0 to -0.1115665, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1115665, graph 0 to 0.1115665, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.427353, graph 0 to 0.427353, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 14 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 14 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.47970
set rmargin at screen 0.60660
set tmargin at screen 0.27424
set bmargin at screen 0.08033
set title 'linear, epoch 4' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.822333:0.995771]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.4428499, graph 0 to -0.4428499, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1156697, graph 0 to -0.1156697, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1156697, graph 0 to 0.1156697, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4428499, graph 0 to 0.4428499, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 15 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 15 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.62310
set rmargin at screen 0.75000
set tmargin at screen 0.27424
set bmargin at screen 0.08033
set title 'linear, epoch 5' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-0.836665:1.02756]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.4490784, graph 0 to -0.4490784, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1173503, graph 0 to -0.1173503, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1173503, graph 0 to 0.1173503, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4490784, graph 0 to 0.4490784, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 16 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 16 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
set lmargin at screen 0.76650
set rmargin at screen 0.89340
set tmargin at screen 0.27424
set bmargin at screen 0.08033
set title 'linear, epoch 6' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'weight' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.90990, screen 0.90028 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
set xrange [-0.837746:1.02775]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.4503969, graph 0 to -0.4503969, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1175609, graph 0 to -0.1175609, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1175609, graph 0 to 0.1175609, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4503969, graph 0 to 0.4503969, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-parq.tsv' index 17 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-parq.tsv' index 17 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle, \
  keyentry with boxes fillcolor rgb "#9DBBD3" fillstyle solid title 'latent x', \
  keyentry with lines linecolor rgb "#222222" linewidth 1.2 title 'forward w', \
  keyentry with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' title 'levels'
unset multiplot
unset label
unset arrow
}
set output
