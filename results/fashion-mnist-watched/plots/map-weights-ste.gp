# 'gnuplot map-weights-ste.gp' in this folder draws map-weights-ste.png from map-weights-ste.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 2580,740 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'map-weights-ste.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST, ste, seed 1: the map w(x) of real weights' offset 0,-0.2
set lmargin at screen 0.06047
set rmargin at screen 0.28527
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'conv1' offset 0,-0.5
set ylabel 'forward weight w'
set format y '%g'
set xlabel 'latent weight x' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
plot x with lines linecolor rgb "#707070" linewidth 1 dashtype '.' notitle, \
  'map-weights-ste.tsv' index 0 using 3:4 with points linecolor rgb "#440154" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 1 using 3:4 with points linecolor rgb "#3d4280" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 2 using 3:4 with points linecolor rgb "#2b788c" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 3 using 3:4 with points linecolor rgb "#39a77b" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 4 using 3:4 with points linecolor rgb "#7bc954" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 5 using 3:4 with points linecolor rgb "#f0c81e" pointtype 7 pointsize 0.45 notitle, \
  -0.5844187 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  -0.1317933 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  0.1317933 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  0.5844187 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle
set lmargin at screen 0.35039
set rmargin at screen 0.57519
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'layer2.0.conv1' offset 0,-0.5
set ylabel 'forward weight w'
set format y '%g'
set xlabel 'latent weight x' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
plot x with lines linecolor rgb "#707070" linewidth 1 dashtype '.' notitle, \
  'map-weights-ste.tsv' index 6 using 3:4 with points linecolor rgb "#440154" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 7 using 3:4 with points linecolor rgb "#3d4280" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 8 using 3:4 with points linecolor rgb "#2b788c" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 9 using 3:4 with points linecolor rgb "#39a77b" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 10 using 3:4 with points linecolor rgb "#7bc954" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 11 using 3:4 with points linecolor rgb "#f0c81e" pointtype 7 pointsize 0.45 notitle, \
  -0.1631631 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  -0.03928474 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  0.03928474 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  0.1631631 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle
set lmargin at screen 0.64031
set rmargin at screen 0.86512
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'linear' offset 0,-0.5
set ylabel 'forward weight w'
set format y '%g'
set xlabel 'latent weight x' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.88527, screen 0.80541 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
plot x with lines linecolor rgb "#707070" linewidth 1 dashtype '.' notitle, \
  'map-weights-ste.tsv' index 12 using 3:4 with points linecolor rgb "#440154" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 13 using 3:4 with points linecolor rgb "#3d4280" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 14 using 3:4 with points linecolor rgb "#2b788c" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 15 using 3:4 with points linecolor rgb "#39a77b" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 16 using 3:4 with points linecolor rgb "#7bc954" pointtype 7 pointsize 0.45 notitle, \
  'map-weights-ste.tsv' index 17 using 3:4 with points linecolor rgb "#f0c81e" pointtype 7 pointsize 0.45 notitle, \
  -0.452833 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  -0.1111696 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  0.1111696 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  0.452833 with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' notitle, \
  keyentry with points linecolor rgb "#440154" pointtype 7 pointsize 0.8 title 'epoch 0.025', \
  keyentry with points linecolor rgb "#3d4280" pointtype 7 pointsize 0.8 title 'epoch 2', \
  keyentry with points linecolor rgb "#2b788c" pointtype 7 pointsize 0.8 title 'epoch 3', \
  keyentry with points linecolor rgb "#39a77b" pointtype 7 pointsize 0.8 title 'epoch 4', \
  keyentry with points linecolor rgb "#7bc954" pointtype 7 pointsize 0.8 title 'epoch 5', \
  keyentry with points linecolor rgb "#f0c81e" pointtype 7 pointsize 0.8 title 'epoch 6', \
  keyentry with lines linecolor rgb "#D55E00" linewidth 1.1 dashtype '-' title 'last levels', \
  keyentry with lines linecolor rgb "#707070" linewidth 1 dashtype '.' title 'w = x'
unset multiplot
unset label
unset arrow
}
set output
