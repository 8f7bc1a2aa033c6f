# The tree to the better of RocksDB and LevelDB, workload by workload, beside the goal.
load scripts."/style.gp"
set datafile separator "\t"
stats data."/ratios.dat" using 1 nooutput
rows = STATS_records
set terminal svg size 900,110 + rows * 19 font "DejaVu Sans,11" background rgb "white"
set output target."/ratios.svg"
set label 1 "The tree's rate to the better of RocksDB and LevelDB" at screen 0.5, screen 0.985 center font ",13" tc rgb ink
set tmargin 3
set yrange [rows - 0.4:-0.6]
set xrange [0:*]
unset grid
set grid xtics lc rgb "#dddddd" lw 0.6 lt 1
set arrow from 1, graph 0 to 1, graph 1 nohead lc rgb ink lw 1
set lmargin 36
set ytics scale 0
set key outside bottom center horizontal samplen 1.5
plot data."/ratios.dat" using (0):1:(0):($3 >= $4 ? $3 : 0):($1 - 0.34):($1 + 0.34):ytic(2) with boxxyerror \
       fs solid 0.85 noborder lc rgb tree title "goal met", \
     "" using (0):1:(0):($3 < $4 ? $3 : 0):($1 - 0.34):($1 + 0.34) with boxxyerror fs solid 0.35 noborder lc rgb tree title "not met", \
     "" using 4:1:(0):(0.36) with xyerrorbars lc rgb "#222222" lw 2 pt -1 ps 0 title "goal"
