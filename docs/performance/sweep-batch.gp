# 'gnuplot sweep-batch.gp' in this folder draws sweep-batch.svg and sweep-batch.png from sweep-batch.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'svg png'] {
if (format eq 'svg') {
    set terminal svg size 640,460 background 'white' font 'DejaVu Sans,13' linewidth 1
} else {
    set terminal pngcairo size 1280,920 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'sweep-batch.'.format
set title 'training speed against batch'
set xlabel 'batch'
set border 3 lc rgb '#404040'
set tics nomirror out scale 0.6
set grid ytics lc rgb '#d8d8d8' lt 1 lw 0.7
set ylabel 'images/s'
set yrange [0:*]
set offsets 0.5, 0.5, 0, 0
set xtics noenhanced
set key bottom left reverse Left
set datafile separator tab
plot 'sweep-batch.tsv' using 0:2:3:4:xticlabels(1) with yerrorlines lw 2 pt 7 lc rgb '#0072B2' title 'step: median, range of the windows', \
  '' using 0:5 with linespoints lw 1.5 pt 6 dt '-' lc rgb '#D55E00' title 'convolutions alone'
}
set output
