// The one program: a node, and every tool for it.
#include "cluster/commands/program.hpp"

int main(int argc, char** argv) { return static_cast<int>(coppice::cluster::run_program(argc, argv)); }
