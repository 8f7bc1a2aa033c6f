# Rates with 1, 2 and 4 threads.
load scripts."/style.gp"
set terminal svg size 900,660 font "DejaVu Sans,12" background rgb "white"
set output target."/threads.svg"
set style fill solid 0.85 noborder
set boxwidth 0.14
set yrange [0:*]
unset key
workloads = "fillrandom fillbatch fillsync readrandom readzipfian ycsb_A"
engines = "tree store rocksdb leveldb lmdb"
call scripts."/legend.gp" 0.25 0.93
set multiplot title "Scaling with threads: thousand operations a second" offset 0,-0.2 tc rgb ink
do for [i = 1:words(workloads)] {
  workload = word(workloads, i)
  column = (i - 1) % 3
  row = (i - 1) / 3
  set lmargin at screen 0.07 + column * 0.325
  set rmargin at screen 0.07 + column * 0.325 + 0.25
  set tmargin at screen 0.84 - row * 0.46
  set bmargin at screen 0.84 - row * 0.46 - 0.30
  set title workload eq "ycsb_A" ? "ycsb A" : workload offset 0,-0.6
  threads = workload eq "fillsync" ? 3 : 2
  set xrange [-0.5:threads - 0.5]
  set xtics ("1" 0, "2" 1, "4" 2) scale 0
  set xlabel "threads" offset 0,0.6 tc rgb ink
  plot for [j = 1:words(engines)] data."/threads.dat" \
    using (strcol(1) eq workload && strcol(2) eq word(engines, j) ? ($3 == 4 ? 2 : $3 - 1) + (j - 3) * 0.16 : NaN):4 \
    with boxes lc rgb value(word(engines, j))
}
unset multiplot
