module github.com/libpaul/paul/overlay/comparison/pinecone

go 1.26

require github.com/matrix-org/pinecone v0.11.0

require (
	github.com/Arceliar/phony v0.0.0-20210209235338-dde1a8dca979 // indirect
	github.com/gorilla/websocket v1.5.0 // indirect
	go.uber.org/atomic v1.9.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
