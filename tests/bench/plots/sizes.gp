# Rates against the number of entries.
load scripts."/style.gp"
set terminal svg size 900,400 font "DejaVu Sans,12" background rgb "white"
set output target."/sizes.svg"
engines = "tree rocksdb leveldb lmdb"
set logscale x
set format x "10^{%L}"
set xrange [3e4:2e7]
set yrange [0:*]
set xlabel "entries" tc rgb ink
unset key
call scripts."/legend.gp" 0.32 0.90
set multiplot layout 1,3 title "Scaling with data, one thread: thousand operations a second" offset 0,-0.2 tc rgb ink
set tmargin 6
do for [workload in "fillrandom readrandom ycsb_A"] {
  set title workload eq "ycsb_A" ? "ycsb A" : workload offset 0,-0.5
  # unique: in the order of sizes, whatever was measured first.
  plot for [engine in engines] data."/sizes.dat" \
    using (strcol(1) eq workload && strcol(2) eq engine ? $3 : NaN):4 smooth unique with linespoints lc rgb value(engine) lw 2 pt 7 ps 0.7
}
unset multiplot
