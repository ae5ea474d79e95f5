# 'gnuplot schedule.gp' in this folder draws schedule.png from schedule.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 1720,740 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'schedule.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST' offset 0,-0.2
set lmargin at screen 0.09070
set rmargin at screen 0.42791
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'learning rate' offset 0,-0.5
set ylabel 'learning rate'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
unset key
set yrange [0:*]
plot 'schedule.tsv' index 0 using 2:3 with lines linecolor rgb "#555555" linewidth 3.20 dashtype 1 notitle, \
  'schedule.tsv' index 1 using 2:3 with lines linecolor rgb "#0072B2" linewidth 2.20 dashtype 1 notitle, \
  'schedule.tsv' index 2 using 2:3 with lines linecolor rgb "#D55E00" linewidth 1.20 dashtype 1 notitle
set lmargin at screen 0.52558
set rmargin at screen 0.86279
set tmargin at screen 0.80541
set bmargin at screen 0.15676
set title 'parq\_inv\_slope' offset 0,-0.5
set ylabel 'value (as logged)'
set format y '%g'
set xlabel 'epoch' offset 0,0.3
set format x '%g'
unset label
unset arrow
set key at screen 0.89302, screen 0.80541 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
set yrange [*:*]
plot 'schedule.tsv' index 2 using 2:4 with lines linecolor rgb "#D55E00" linewidth 1.20 dashtype 1 notitle, \
  keyentry with lines linecolor rgb "#555555" linewidth 3.20 dashtype 1 title 'none', \
  keyentry with lines linecolor rgb "#0072B2" linewidth 2.20 dashtype 1 title 'ste', \
  keyentry with lines linecolor rgb "#D55E00" linewidth 1.20 dashtype 1 title 'parq'
unset multiplot
unset label
unset arrow
}
set output
