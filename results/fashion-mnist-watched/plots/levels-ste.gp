# 'gnuplot levels-ste.gp' in this folder draws levels-ste.png from levels-ste.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 2264,740 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'levels-ste.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST, ste, seed 1: levels over the epochs' offset 0,-0.2
set lmargin at screen 0.06890
set rmargin at screen 0.32509
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'conv1' offset 0,-0.5
set ylabel 'level'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set offsets 0, 0, graph 0.05, graph 0.05
plot 'levels-ste.tsv' index 0 using 2:3 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 0 using 2:4 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 0 using 2:5 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 0 using 2:6 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle
set lmargin at screen 0.39929
set rmargin at screen 0.65548
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'layer2.0.conv1' offset 0,-0.5
set ylabel 'level'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set offsets 0, 0, graph 0.05, graph 0.05
plot 'levels-ste.tsv' index 1 using 2:3 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 1 using 2:4 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 1 using 2:5 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 1 using 2:6 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle
set lmargin at screen 0.72968
set rmargin at screen 0.98587
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'linear' offset 0,-0.5
set ylabel 'level'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set offsets 0, 0, graph 0.05, graph 0.05
plot 'levels-ste.tsv' index 2 using 2:3 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 2 using 2:4 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 2 using 2:5 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle, \
  'levels-ste.tsv' index 2 using 2:6 with lines linecolor rgb "#0072B2" linewidth 1.6 notitle
unset multiplot
unset label
unset arrow
}
set output
