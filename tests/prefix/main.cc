int main() { return 0; }  // only its precompiled header is wanted
