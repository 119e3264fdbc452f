// Follow a live market in Go: one line for each ticker. Needs nothing but the standard library.
//
//	python simulate.py serve --scenario marksim --speed 10
//	go run examples/stream_client.go ws://localhost:8765 20
//
// The standard library has no WebSocket. What a reader of this stream needs of RFC 6455 is short: the handshake, and
// frames that are never fragmented. A program that does more should use a library.
package main

import (
	"bufio"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"
)

// Ticker is one message. A pointer is nil where the stream says null.
type Ticker struct {
	Timestamp  int64    `json:"timestamp"` // microseconds
	Symbol     string   `json:"symbol"`
	LastPrice  *float64 `json:"last_price"`
	BidPrice   *float64 `json:"bid_price"`
	AskPrice   *float64 `json:"ask_price"`
	BidSize    *float64 `json:"bid_size"`
	AskSize    *float64 `json:"ask_size"`
	Volume24h  float64  `json:"volume_24h"`
	TradeCount int64    `json:"trade_count"`
}

// The kinds of frames that this stream sends.
const (
	text  = 0x1
	close = 0x8
	ping  = 0x9
	pong  = 0xA
)

const magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11" // RFC 6455, section 1.3

// dial makes the handshake.
func dial(address string) (net.Conn, *bufio.Reader, error) {
	where, err := url.Parse(address)
	if err != nil {
		return nil, nil, err
	}
	connection, err := net.Dial("tcp", where.Host)
	if err != nil {
		return nil, nil, err
	}
	nonce := make([]byte, 16)
	if _, err := rand.Read(nonce); err != nil {
		return nil, nil, err
	}
	key := base64.StdEncoding.EncodeToString(nonce)
	path := where.RequestURI()
	fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n", path, where.Host, key)
	reader := bufio.NewReader(connection)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return nil, nil, err
	}
	if answer.StatusCode != http.StatusSwitchingProtocols {
		said, _ := io.ReadAll(answer.Body)
		return nil, nil, fmt.Errorf("%s: %s", answer.Status, said)
	}
	sum := sha1.Sum([]byte(key + magic))
	if answer.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, nil, fmt.Errorf("%s is no WebSocket server", where.Host)
	}
	return connection, reader, nil
}

// read returns the kind and the content of the next frame; a server does not mask.
func read(reader *bufio.Reader) (byte, []byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(reader, head); err != nil {
		return 0, nil, err
	}
	length := uint64(head[1] & 0x7F)
	if length >= 126 {
		more := make([]byte, 8)
		size := 2
		if length == 127 {
			size = 8
		}
		if _, err := io.ReadFull(reader, more[8-size:]); err != nil {
			return 0, nil, err
		}
		length = binary.BigEndian.Uint64(more)
	}
	content := make([]byte, length)
	_, err := io.ReadFull(reader, content)
	return head[0] & 0x0F, content, err
}

// write sends a short frame; a client has to mask.
func write(connection net.Conn, kind byte, content []byte) error {
	mask := make([]byte, 4)
	if _, err := rand.Read(mask); err != nil {
		return err
	}
	frame := append([]byte{0x80 | kind, 0x80 | byte(len(content))}, mask...)
	for place, one := range content {
		frame = append(frame, one^mask[place%4])
	}
	_, err := connection.Write(frame)
	return err
}

// price is a price with two decimals; a side of the book without orders is shown as a dash.
func price(value *float64) string {
	if value == nil {
		return "-"
	}
	return strconv.FormatFloat(*value, 'f', 2, 64)
}

// follow prints tickers until there were as many as asked for, or the market ends.
func follow(address string, messages int) error {
	connection, reader, err := dial(address)
	if err != nil {
		return err
	}
	defer connection.Close()
	for {
		kind, content, err := read(reader)
		if err != nil {
			return err
		}
		switch kind {
		case text:
			var ticker Ticker
			if err := json.Unmarshal(content, &ticker); err != nil {
				return err
			}
			when := time.UnixMicro(ticker.Timestamp).UTC().Format("15:04:05.000000")
			fmt.Printf("%s %s last %s bid %s ask %s volume %.2f\n", when, ticker.Symbol, price(ticker.LastPrice),
				price(ticker.BidPrice), price(ticker.AskPrice), ticker.Volume24h)
			messages--
			if messages == 0 {
				return write(connection, close, []byte{0x03, 0xE8}) // 1000: all is well
			}
		case ping:
			if err := write(connection, pong, content); err != nil {
				return err
			}
		case close:
			if len(content) > 2 {
				fmt.Printf("The stream has ended: %s.\n", content[2:])
			}
			return write(connection, close, content[:2])
		}
	}
}

func main() {
	address, messages := "ws://localhost:8765", 0
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	if len(os.Args) > 2 {
		messages, _ = strconv.Atoi(os.Args[2])
	}
	if err := follow(address, messages); err != nil {
		fmt.Fprintf(os.Stderr, "No stream at %s: %v\n", address, err)
		os.Exit(1)
	}
}
