# 'gnuplot histogram-ste.gp' in this folder draws histogram-ste.png from histogram-ste.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 3152,1444 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'histogram-ste.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST, ste, seed 1: weights and levels' offset 0,-0.2
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
plot 'histogram-ste.tsv' index 0 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 0 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-1.39996:1.03852]
set yrange [0:1.08]
set xtics 0.6
set arrow from -0.5553926, graph 0 to -0.5553926, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1306719, graph 0 to -0.1306719, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1306719, graph 0 to 0.1306719, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5553926, graph 0 to 0.5553926, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 1 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 1 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-1.46857:1.12312]
set yrange [0:1.08]
set xtics 0.6
set arrow from -0.5716479, graph 0 to -0.5716479, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1320882, graph 0 to -0.1320882, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1320882, graph 0 to 0.1320882, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5716479, graph 0 to 0.5716479, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 2 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 2 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-1.66176:1.14395]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.580528, graph 0 to -0.580528, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1339614, graph 0 to -0.1339614, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1339614, graph 0 to 0.1339614, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.580528, graph 0 to 0.580528, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 3 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 3 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-1.6869:1.15471]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.5842699, graph 0 to -0.5842699, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1322597, graph 0 to -0.1322597, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1322597, graph 0 to 0.1322597, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5842699, graph 0 to 0.5842699, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 4 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 4 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-1.69403:1.16092]
set yrange [0:1.08]
set xtics 0.7
set arrow from -0.5844187, graph 0 to -0.5844187, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1317933, graph 0 to -0.1317933, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1317933, graph 0 to 0.1317933, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.5844187, graph 0 to 0.5844187, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 5 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 5 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
plot 'histogram-ste.tsv' index 6 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 6 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.441083:0.431459]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1620202, graph 0 to -0.1620202, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.03892482, graph 0 to -0.03892482, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.03892482, graph 0 to 0.03892482, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1620202, graph 0 to 0.1620202, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 7 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 7 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.444498:0.433067]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1628346, graph 0 to -0.1628346, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.0392827, graph 0 to -0.0392827, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.0392827, graph 0 to 0.0392827, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1628346, graph 0 to 0.1628346, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 8 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 8 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.445685:0.435345]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1631935, graph 0 to -0.1631935, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.0393232, graph 0 to -0.0393232, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.0393232, graph 0 to 0.0393232, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1631935, graph 0 to 0.1631935, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 9 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 9 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.44628:0.435047]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1631887, graph 0 to -0.1631887, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.03930299, graph 0 to -0.03930299, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.03930299, graph 0 to 0.03930299, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1631887, graph 0 to 0.1631887, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 10 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 10 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.44642:0.435622]
set yrange [0:1.08]
set xtics 0.2
set arrow from -0.1631631, graph 0 to -0.1631631, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.03928474, graph 0 to -0.03928474, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.03928474, graph 0 to 0.03928474, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1631631, graph 0 to 0.1631631, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 11 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 11 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
plot 'histogram-ste.tsv' index 12 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 12 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.84222:0.944528]
set yrange [0:1.08]
set xtics 0.4
set arrow from -0.4030214, graph 0 to -0.4030214, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1010537, graph 0 to -0.1010537, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1010537, graph 0 to 0.1010537, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4030214, graph 0 to 0.4030214, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 13 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 13 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.920436:0.953801]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.4314047, graph 0 to -0.4314047, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1069953, graph 0 to -0.1069953, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1069953, graph 0 to 0.1069953, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4314047, graph 0 to 0.4314047, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 14 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 14 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.96551:0.989468]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.4473787, graph 0 to -0.4473787, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1102068, graph 0 to -0.1102068, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1102068, graph 0 to 0.1102068, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4473787, graph 0 to 0.4473787, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 15 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 15 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.972724:0.980769]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.4517577, graph 0 to -0.4517577, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1110314, graph 0 to -0.1110314, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1110314, graph 0 to 0.1110314, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.4517577, graph 0 to 0.4517577, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 16 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 16 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle
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
set xrange [-0.973143:0.981573]
set yrange [0:1.08]
set xtics 0.5
set arrow from -0.452833, graph 0 to -0.452833, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from -0.1111696, graph 0 to -0.1111696, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.1111696, graph 0 to 0.1111696, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
set arrow from 0.452833, graph 0 to 0.452833, graph 1 nohead back linetype 1 linecolor rgb "#D55E00" linewidth 1.1 dashtype '-'
plot 'histogram-ste.tsv' index 17 using 3:4 with fillsteps fillcolor rgb "#9DBBD3" fillstyle solid notitle, \
  'histogram-ste.tsv' index 17 using 3:5 with histeps linecolor rgb "#222222" linewidth 1.2 notitle, \
  keyentry with boxes fillcolor rgb "#9DBBD3" fillstyle solid title 'latent x', \
  keyentry with lines linecolor rgb "#222222" linewidth 1.2 title 'forward w', \
  keyentry with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' title 'levels'
unset multiplot
unset label
unset arrow
}
set output
