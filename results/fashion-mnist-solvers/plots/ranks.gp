# 'gnuplot ranks.gp' in this folder draws ranks.png from ranks.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'png'] {
if (format eq 'png') {
    set terminal pngcairo size 1728,622 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'ranks.'.format
set border 3 linecolor rgb "#444444"
set tics nomirror out scale 0.6 textcolor rgb "#222222"
set grid ytics linetype 1 linecolor rgb "#E4E4E4" linewidth 0.8
set multiplot title 'resnet8 on Fashion-MNIST: mean ranks' offset 0,-0.2
set lmargin at screen 0.22454
set rmargin at screen 0.75694
set tmargin at screen 0.79421
set bmargin at screen 0.03859
set title '' offset 0,-0.5
unset ylabel
set format y '%g'
unset xlabel
set format x '%g'
unset label
unset arrow
set label '3 blocks, rank 1 is best; Friedman: chi-square 31.16, p 0.0019; bars join what does not differ (Nemenyi, 5 %)' at screen 0.5, screen 0.85209 center font ',11' textcolor rgb "#666666"
unset key
set arrow from 1.30333, -0.45 to 11.6967, -0.45 nohead linecolor rgb "#222222" linewidth 4
set arrow from 3.30333, -0.9 to 12.3633, -0.9 nohead linecolor rgb "#222222" linewidth 4
set arrow from 1.33333, 0 to 1.33333, -1.9 nohead linecolor rgb "#555555" linewidth 1.4
set arrow from 1.33333, -1.9 to 0.8, -1.9 nohead linecolor rgb "#555555" linewidth 1.4
set label 'binaryrelax  1.33' at 0.8, -1.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 3.33333, 0 to 3.33333, -2.9 nohead linecolor rgb "#0072B2" linewidth 1.4
set arrow from 3.33333, -2.9 to 0.8, -2.9 nohead linecolor rgb "#0072B2" linewidth 1.4
set label 'parq  3.33' at 0.8, -2.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 3.66667, 0 to 3.66667, -3.9 nohead linecolor rgb "#D55E00" linewidth 1.4
set arrow from 3.66667, -3.9 to 0.8, -3.9 nohead linecolor rgb "#D55E00" linewidth 1.4
set label 'proxconnect  3.67' at 0.8, -3.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 4.33333, 0 to 4.33333, -4.9 nohead linecolor rgb "#009E73" linewidth 1.4
set arrow from 4.33333, -4.9 to 0.8, -4.9 nohead linecolor rgb "#009E73" linewidth 1.4
set label 'lsq  4.33' at 0.8, -4.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 4.66667, 0 to 4.66667, -5.9 nohead linecolor rgb "#CC79A7" linewidth 1.4
set arrow from 4.66667, -5.9 to 0.8, -5.9 nohead linecolor rgb "#CC79A7" linewidth 1.4
set label 'nmsgd  4.67' at 0.8, -5.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 5, 0 to 5, -6.9 nohead linecolor rgb "#E69F00" linewidth 1.4
set arrow from 5, -6.9 to 0.8, -6.9 nohead linecolor rgb "#E69F00" linewidth 1.4
set label 'ste  5.00' at 0.8, -6.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 5.66667, 0 to 5.66667, -7.9 nohead linecolor rgb "#56B4E9" linewidth 1.4
set arrow from 5.66667, -7.9 to 0.8, -7.9 nohead linecolor rgb "#56B4E9" linewidth 1.4
set label 'softquant  5.67' at 0.8, -7.9 right offset -0.6,0 textcolor rgb "#222222"
set arrow from 8.66667, 0 to 8.66667, -6.9 nohead linecolor rgb "#8C510A" linewidth 1.4
set arrow from 8.66667, -6.9 to 13.2, -6.9 nohead linecolor rgb "#8C510A" linewidth 1.4
set label '8.67  proxsgd' at 13.2, -6.9 left offset 0.6,0 textcolor rgb "#222222"
set arrow from 9.66667, 0 to 9.66667, -5.9 nohead linecolor rgb "#555555" linewidth 1.4
set arrow from 9.66667, -5.9 to 13.2, -5.9 nohead linecolor rgb "#555555" linewidth 1.4
set label '9.67  par' at 13.2, -5.9 left offset 0.6,0 textcolor rgb "#222222"
set arrow from 10, 0 to 10, -4.9 nohead linecolor rgb "#0072B2" linewidth 1.4
set arrow from 10, -4.9 to 13.2, -4.9 nohead linecolor rgb "#0072B2" linewidth 1.4
set label '10.00  par-nonconvex' at 13.2, -4.9 left offset 0.6,0 textcolor rgb "#222222"
set arrow from 10.6667, 0 to 10.6667, -3.9 nohead linecolor rgb "#D55E00" linewidth 1.4
set arrow from 10.6667, -3.9 to 13.2, -3.9 nohead linecolor rgb "#D55E00" linewidth 1.4
set label '10.67  proxquant' at 13.2, -3.9 left offset 0.6,0 textcolor rgb "#222222"
set arrow from 11.6667, 0 to 11.6667, -2.9 nohead linecolor rgb "#009E73" linewidth 1.4
set arrow from 11.6667, -2.9 to 13.2, -2.9 nohead linecolor rgb "#009E73" linewidth 1.4
set label '11.67  waveq' at 13.2, -2.9 left offset 0.6,0 textcolor rgb "#222222"
set arrow from 12.3333, 0 to 12.3333, -1.9 nohead linecolor rgb "#CC79A7" linewidth 1.4
set arrow from 12.3333, -1.9 to 13.2, -1.9 nohead linecolor rgb "#CC79A7" linewidth 1.4
set label '12.33  admm' at 13.2, -1.9 left offset 0.6,0 textcolor rgb "#222222"
set arrow from 1, 1.1 to 11.5338, 1.1 heads size 0.03, 90 linecolor rgb "#222222" linewidth 1.4
set label 'critical difference 10.53' at 6.26692, 1.6 center textcolor rgb "#222222"
unset border
unset ytics
unset grid
set xzeroaxis linetype 1 linecolor rgb "#222222"
set xtics axis 1 offset 0,1.9
set xrange [1:13]
set yrange [-8.9:2]
plot NaN notitle
unset multiplot
unset label
unset arrow
}
set output
