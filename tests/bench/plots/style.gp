# What all plots share: one colour for each engine, everywhere.
set encoding utf8
tree = "#1b7837"; store = "#7fbf7b"; rocksdb = "#d6604d"; leveldb = "#4393c3"; lmdb = "#878787"
ink = "#333333"
set style line 1 lc rgb tree lw 2.2 pt 7 ps 0.6
set style line 2 lc rgb store lw 2.2 pt 13 ps 0.6
set style line 3 lc rgb rocksdb lw 2.2 pt 5 ps 0.6
set style line 4 lc rgb leveldb lw 2.2 pt 9 ps 0.6
set style line 5 lc rgb lmdb lw 2.2 pt 11 ps 0.6
set border 3 lc rgb ink lw 0.8
set tics nomirror tc rgb ink
set title tc rgb ink
set grid ytics lc rgb "#dddddd" lw 0.6 lt 1
set key tc rgb ink
set datafile missing NaN
