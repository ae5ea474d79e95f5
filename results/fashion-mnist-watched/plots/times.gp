# 'gnuplot times.gp' in this folder draws times.png from times.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 1376,844 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'times.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST: where the time went' offset 0,-0.2
set lmargin at screen 0.11337
set rmargin at screen 0.54942
set tmargin at screen 0.89573
set bmargin at screen 0.11374
set title '' offset 0,-0.5
set ylabel 'share of the time (%)'
set format y '%g'
unset xlabel
set format x '%g'
unset label
unset arrow
set key at screen 0.58721, screen 0.89573 left top Left reverse samplen 2 spacing 1.25 textcolor rgb "#222222"
set yrange [0:100]
set xrange [0.4:3.6]
set xtics scale 0 rotate by -35 ('none' 1, 'ste' 2, 'parq' 3)
plot 'times.tsv' index 0 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#0072B2" fillstyle solid noborder notitle, \
  'times.tsv' index 1 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#E69F00" fillstyle solid noborder notitle, \
  'times.tsv' index 2 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#D55E00" fillstyle solid noborder notitle, \
  'times.tsv' index 3 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#009E73" fillstyle solid noborder notitle, \
  'times.tsv' index 4 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#CC79A7" fillstyle solid noborder notitle, \
  'times.tsv' index 5 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#56B4E9" fillstyle solid noborder notitle, \
  'times.tsv' index 6 using 3:4:($3-0.36):($3+0.36):4:5 with boxxyerror fillcolor rgb "#BBBBBB" fillstyle solid noborder notitle, \
  keyentry with boxes fillcolor rgb "#0072B2" fillstyle solid title 'forward, backward, optimizer', \
  keyentry with boxes fillcolor rgb "#E69F00" fillstyle solid title 'waiting for data', \
  keyentry with boxes fillcolor rgb "#D55E00" fillstyle solid title 'solver', \
  keyentry with boxes fillcolor rgb "#009E73" fillstyle solid title 'tests', \
  keyentry with boxes fillcolor rgb "#CC79A7" fillstyle solid title 'checkpoints', \
  keyentry with boxes fillcolor rgb "#56B4E9" fillstyle solid title 'diagnostics', \
  keyentry with boxes fillcolor rgb "#BBBBBB" fillstyle solid title 'rest'
unset multiplot
unset label
unset arrow
}
set output
