# call legend.gp X Y: names the engines in their colours from this place of the picture on.
do for [i = 1:words(engines)] {
  set label (10 + i) "■ ".word(engines, i) at screen ARG1 + (i - 1) * 0.11, screen ARG2 tc rgb value(word(engines, i)) font ",13"
}
