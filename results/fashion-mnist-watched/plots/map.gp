# 'gnuplot map.gp' in this folder draws map.png from map.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 1648,740 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'map.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'Levels and weights of ResNet-8 on Fashion-MNIST: the map w(x) while it anneals' offset 0,-0.2
set lmargin at screen 0.09466
set rmargin at screen 0.38592
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'ste' offset 0,-0.5
set ylabel 'weight w(x)'
set format y '%g'
set xlabel 'latent weight x' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set xrange [-1.5:1.5]
set xtics 1
set ytics 1
set arrow from graph 0, first -1 to graph 1, first -1 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set arrow from graph 0, first -0.333333 to graph 1, first -0.333333 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set arrow from graph 0, first 0.333333 to graph 1, first 0.333333 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set arrow from graph 0, first 1 to graph 1, first 1 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set yrange [-1.53:1.53]
plot x with lines linecolor rgb "#909090" linewidth 0.8 dashtype '-' notitle, \
  'map.tsv' index 0 using 2:3 with lines linecolor rgb "#440154" linewidth 3.0 notitle, \
  'map.tsv' index 0 using 2:4 with lines linecolor rgb "#3b528b" linewidth 2.5 notitle, \
  'map.tsv' index 0 using 2:5 with lines linecolor rgb "#21918c" linewidth 2.1 notitle, \
  'map.tsv' index 0 using 2:6 with lines linecolor rgb "#5ec962" linewidth 1.6 notitle, \
  'map.tsv' index 0 using 2:7 with lines linecolor rgb "#f0c81e" linewidth 1.2 notitle
set lmargin at screen 0.41748
set rmargin at screen 0.70874
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'parq' offset 0,-0.5
unset ylabel
set format y ''
set xlabel 'latent weight x' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.74029, screen 0.80541 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222" title 'part of the window' left
set xrange [-1.5:1.5]
set xtics 1
set ytics 1
set arrow from graph 0, first -1 to graph 1, first -1 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set arrow from graph 0, first -0.333333 to graph 1, first -0.333333 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set arrow from graph 0, first 0.333333 to graph 1, first 0.333333 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set arrow from graph 0, first 1 to graph 1, first 1 nohead back linecolor rgb "#D8D8D8" linewidth 0.8
set yrange [-1.53:1.53]
plot x with lines linecolor rgb "#909090" linewidth 0.8 dashtype '-' notitle, \
  'map.tsv' index 1 using 2:3 with lines linecolor rgb "#440154" linewidth 3.0 notitle, \
  'map.tsv' index 1 using 2:4 with lines linecolor rgb "#3b528b" linewidth 2.5 notitle, \
  'map.tsv' index 1 using 2:5 with lines linecolor rgb "#21918c" linewidth 2.1 notitle, \
  'map.tsv' index 1 using 2:6 with lines linecolor rgb "#5ec962" linewidth 1.6 notitle, \
  'map.tsv' index 1 using 2:7 with lines linecolor rgb "#f0c81e" linewidth 1.2 notitle, \
  keyentry with lines linecolor rgb "#440154" linewidth 2 title '0', \
  keyentry with lines linecolor rgb "#3b528b" linewidth 2 title '0.25', \
  keyentry with lines linecolor rgb "#21918c" linewidth 2 title '0.5', \
  keyentry with lines linecolor rgb "#5ec962" linewidth 2 title '0.75', \
  keyentry with lines linecolor rgb "#f0c81e" linewidth 2 title '1', \
  keyentry with lines linecolor rgb "#909090" linewidth 0.8 dashtype '-' title 'w = x'
unset multiplot
unset label
unset arrow
}
set output
