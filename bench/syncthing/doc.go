// Package syncthing holds no code: its module builds the Syncthing that the
// benchmarks of package app compare the transfers of Paul with. Syncthing is a
// dependency of this module alone, which no program of Paul is built from.
package syncthing
