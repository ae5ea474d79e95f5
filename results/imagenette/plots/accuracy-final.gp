# 'gnuplot accuracy-final.gp' in this folder draws accuracy-final.svg and accuracy-final.png from accuracy-final.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'svg png'] {
if (format eq 'svg') {
    set terminal svg size 882,460 background 'white' font 'DejaVu Sans,13' linewidth 1
} else {
    set terminal pngcairo size 1764,920 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'accuracy-final.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set title 'resnet18 on imagenette'
set ylabel 'test top-1, last epoch (%)'
set xlabel 'point: one seed; line: mean; whisker: one standard deviation' font ',11' textcolor rgb "#666666"
set xrange [0.3:4.700]
set yrange [65.2373:69.04]
unset key
set xtics scale 0 ('ste' 1.000, 'binaryrelax' 2.000, 'parq[steepness=10]' 3.000, 'none' 4.000)
plot 'accuracy-final.tsv' index 1 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#555555" linewidth 1.2 notitle, \
  '' index 1 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#555555" linewidth 2.6 notitle, \
  '' index 0 using 4:5 with points linecolor rgb "#555555" pointtype 7 pointsize 0.75 title 'ste', \
  'accuracy-final.tsv' index 3 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#0072B2" linewidth 1.2 notitle, \
  '' index 3 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#0072B2" linewidth 2.6 notitle, \
  '' index 2 using 4:5 with points linecolor rgb "#0072B2" pointtype 5 pointsize 0.75 title 'binaryrelax', \
  'accuracy-final.tsv' index 5 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#D55E00" linewidth 1.2 notitle, \
  '' index 5 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#D55E00" linewidth 2.6 notitle, \
  '' index 4 using 4:5 with points linecolor rgb "#D55E00" pointtype 9 pointsize 0.75 title 'parq[steepness=10]', \
  'accuracy-final.tsv' index 7 using 4:($5-$6):(0):(2*$6) with vectors nohead linecolor rgb "#009E73" linewidth 1.2 notitle, \
  '' index 7 using ($4-0.34):5:(0.68):(0) with vectors nohead linecolor rgb "#009E73" linewidth 2.6 notitle, \
  '' index 6 using 4:5 with points linecolor rgb "#009E73" pointtype 13 pointsize 0.75 title 'none'
unset label
unset arrow
}
set output
