# 'gnuplot profile-resnet20-b128-fp32.gp' in this folder draws profile-resnet20-b128-fp32.svg and profile-resnet20-b128-fp32.png from profile-resnet20-b128-fp32.tsv.
set encoding utf8
set datafile separator tab
set datafile missing ''
do for [format in 'svg png'] {
if (format eq 'svg') {
    set terminal svg size 885,460 background 'white' font 'DejaVu Sans,13' linewidth 1
} else {
    set terminal pngcairo size 1770,920 background 'white' font 'DejaVu Sans,13' fontscale 1.5 linewidth 2 pointscale 2
}
set output 'profile-resnet20-b128-fp32.'.format
set title 'where a step''s time goes: resnet20, batch 128, fp32, 2 threads, AVX512\_CORE\_BF16'
set border 3 lc rgb '#404040'
set tics nomirror out scale 0.6
set grid ytics lc rgb '#d8d8d8' lt 1 lw 0.7
set ylabel 'time (ms)'
set yrange [0:*]
set xtics rotate by 60 right font ',9' noenhanced
set key outside top center horizontal reverse Left samplen 1
set style data histograms
set style histogram rowstacked
set style fill solid noborder
set boxwidth 0.8
plot 'profile-resnet20-b128-fp32.tsv' using 3:xticlabels(1) lc rgb '#0072B2' title 'forward', \
  'profile-resnet20-b128-fp32.tsv' using 4:xticlabels(1) lc rgb '#E69F00' title 'backward data', \
  'profile-resnet20-b128-fp32.tsv' using 5:xticlabels(1) lc rgb '#F0E442' title 'backward weights', \
  'profile-resnet20-b128-fp32.tsv' using 6:xticlabels(1) lc rgb '#999999' title 'backward'
}
set output
