#include "cli/run.hpp"

int main(int argc, char** argv) { return outdial::cli::run(argc, argv); }
