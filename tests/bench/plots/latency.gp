# Latency percentiles of single puts under sustained overwrite, and of pushes and pops of the queue.
load scripts."/style.gp"
set terminal svg size 900,440 font "DejaVu Sans,12" background rgb "white"
set output target."/latency.svg"
engines = "tree rocksdb leveldb lmdb"
set logscale y
set yrange [0.2:*]
set ylabel "microseconds" tc rgb ink
set xrange [-0.3:5.3]
set xtics ("p50" 0, "p90" 1, "p99" 2, "p99.9" 3, "p99.99" 4, "max" 5)
set format y "%g"
unset key
call scripts."/legend.gp" 0.32 0.955
set multiplot layout 1,2
set tmargin 4.5
do for [workload in "overwrite queue"] {
  set title workload eq "overwrite" ? "Puts under sustained overwrite" : "Pushes and pops of a queue"
  plot for [engine in engines] data."/latency.dat" \
    using (strcol(2) eq engine && strcol(1) eq workload ? $3 : NaN):4 with linespoints lc rgb value(engine) lw 2 pt 7 ps 0.6
}
unset multiplot
