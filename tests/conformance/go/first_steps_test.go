// The snippets of emulator/docs/your-client.md, run beside the SDK's own tests.
package azservicebus_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus"
	"github.com/Azure/azure-sdk-for-go/sdk/messaging/azservicebus/admin"
	"github.com/coder/websocket"
)

func TestFirstStepsPlain(t *testing.T) {
	ctx, connection, queue := context.Background(), os.Getenv("PLAIN_CONNECTION_STRING"), "first-steps-plain"
	if err := plain(ctx, connection, queue); err != nil {
		t.Fatal(err)
	}
}

func plain(ctx context.Context, connection, queue string) error {
	// snippet: plain
	// connection: Endpoint=sb://localhost:5672;SharedAccessKeyName=…;SharedAccessKey=…;UseDevelopmentEmulator=true
	client, err := azservicebus.NewClientFromConnectionString(connection, nil)
	if err != nil {
		return err
	}
	defer client.Close(ctx)
	// the administration client insists on HTTPS: start with --tls, and SSL_CERT_FILE=DIR/tls/certificate.pem
	administration, err := admin.NewClientFromConnectionString(connection, nil)
	if err != nil {
		return err
	}
	if _, err = administration.CreateQueue(ctx, queue, nil); err != nil {
		return err
	}
	sender, err := client.NewSender(queue, nil)
	if err != nil {
		return err
	}
	if err = sender.SendMessage(ctx, &azservicebus.Message{Body: []byte("hello")}, nil); err != nil {
		return err
	}
	receiver, err := client.NewReceiverForQueue(queue, nil)
	if err != nil {
		return err
	}
	messages, err := receiver.ReceiveMessages(ctx, 1, nil)
	if err != nil {
		return err
	}
	err = receiver.CompleteMessage(ctx, messages[0], nil)
	// end of snippet
	if err == nil && string(messages[0].Body) != "hello" {
		return errors.New("something else came back")
	}
	return err
}

func TestFirstStepsTLS(t *testing.T) {
	client, err := overTLS(os.Getenv("SSL_CERT_FILE"), os.Getenv("TLS_CONNECTION_STRING"))
	sendsTo(t, client, err)
}

func TestFirstStepsWebSocket(t *testing.T) {
	client, err := overWebSocket(os.Getenv("TLS_CONNECTION_STRING"))
	sendsTo(t, client, err)
}

func sendsTo(t *testing.T, client *azservicebus.Client, err error) {
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(context.Background())
	sender, err := client.NewSender("testQueue", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err = sender.SendMessage(context.Background(), &azservicebus.Message{Body: []byte("hello")}, nil); err != nil {
		t.Fatal(err)
	}
}

func overTLS(certificate, connection string) (*azservicebus.Client, error) {
	// snippet: tls
	// without a ServerName, Go checks the certificate against host and port together
	pem, err := os.ReadFile(certificate)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(pem)
	client, err := azservicebus.NewClientFromConnectionString(connection, &azservicebus.ClientOptions{
		TLSConfig: &tls.Config{ServerName: "localhost", RootCAs: trusted, MinVersion: tls.VersionTLS12},
	})
	// end of snippet
	return client, err
}

func overWebSocket(connection string) (*azservicebus.Client, error) {
	// snippet: websocket
	// SSL_CERT_FILE=DIR/tls/certificate.pem; websocket is github.com/coder/websocket
	client, err := azservicebus.NewClientFromConnectionString(connection, &azservicebus.ClientOptions{
		NewWebSocketConn: func(ctx context.Context, args azservicebus.NewWebSocketConnArgs) (net.Conn, error) {
			connected, _, err := websocket.Dial(ctx, args.Host, &websocket.DialOptions{Subprotocols: []string{"amqp"}})
			if err != nil {
				return nil, err
			}
			return websocket.NetConn(context.Background(), connected, websocket.MessageBinary), nil
		},
	})
	// end of snippet
	return client, err
}
