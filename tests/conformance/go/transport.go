// Put beside the SDK's internal/namespace.go: how clients reach the service unless a test says so itself.
package internal

import (
	"context"
	"crypto/tls"
	"net"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/internal/exported"
	"github.com/coder/websocket"
)

// without a ServerName, Go checks the certificate against host and port together
func usualTLS() *tls.Config {
	return &tls.Config{ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

func usualWebSocket() func(context.Context, exported.NewWebSocketConnArgs) (net.Conn, error) {
	if os.Getenv("TRANSPORT") != "websocket-tls" {
		return nil
	}
	return func(ctx context.Context, args exported.NewWebSocketConnArgs) (net.Conn, error) {
		connected, _, err := websocket.Dial(ctx, args.Host, &websocket.DialOptions{Subprotocols: []string{"amqp"}})
		if err != nil {
			return nil, err
		}
		return websocket.NetConn(context.Background(), connected, websocket.MessageBinary), nil
	}
}
