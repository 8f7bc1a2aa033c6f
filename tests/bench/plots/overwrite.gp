# Throughput in slots of 100 ms under sustained overwrite: a panel for each engine, so that no stall hides behind another line.
load scripts."/style.gp"
set terminal svg size 900,720 font "DejaVu Sans,12" background rgb "white"
set output target."/overwrite.svg"
engines = "tree rocksdb leveldb lmdb"
stats data."/overwrite.dat" using 1 nooutput
seconds_max = STATS_max
stats data."/overwrite.dat" using 3 nooutput
rate_max = STATS_max
set multiplot title "Sustained overwrite, one thread: thousand puts a second in each 100 ms" offset 0,-0.3 tc rgb ink
set xrange [0:seconds_max * 1.01 + 0.1]
set yrange [0:rate_max * 1.08]
set ytics autofreq
unset key
set lmargin at screen 0.08
set rmargin at screen 0.97
height = 0.89 / words(engines)
do for [i = 1:words(engines)] {
  engine = word(engines, i)
  set tmargin at screen 0.95 - (i - 1) * height - 0.04
  set bmargin at screen 0.95 - i * height + 0.035
  if (i == words(engines)) { set xlabel "seconds" offset 0,0.4 tc rgb ink }
  set label 1 engine at graph 0.985, graph 0.9 right font ",14" tc rgb value(engine)
  plot data."/overwrite.dat" using 1:(strcol(2) eq engine ? $3 : NaN) with fillsteps lc rgb value(engine) fs solid 0.25 noborder, \
       "" using 1:(strcol(2) eq engine ? $3 : NaN) with steps lc rgb value(engine) lw 1.2
}
unset multiplot
