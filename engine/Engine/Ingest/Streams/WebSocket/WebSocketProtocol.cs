using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using CartRecovery.Engine.Ingest.Connections.Output;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>
/// Implements the server side of RFC 6455 independently of the socket: consumes every complete frame in a buffer and returns how far it
/// got. Messages are passed on whole and unmasked; control frames are answered here. One thread at a time.
/// </summary>
public abstract class WebSocketProtocol
{
    // A message this many times the limit is no accident; skipping it would waste bandwidth.
    const int HopelessFactor = 64;

    // Bytes reported of a message that is too long.
    const int Beginning = 32 * 1024;

    [ThreadStatic]
    static byte[]? s_scratch;

    readonly Outbound _output;
    readonly PongLimit _pongs;
    readonly FragmentBuffer _fragments;
    readonly int _maxMessage;
    WebSocketOpcode _fragmentsOpcode;
    // Fragmented text is validated as it arrives; the count covers the bytes of the current frame.
    Utf8Validator _text;
    int _checked;
    bool _skipping;
    long _skip;

    /// <param name="output">Receives answers.</param>
    /// <param name="maxMessage">The maximum message length, in bytes.</param>
    protected WebSocketProtocol(Outbound output, int maxMessage)
    {
        _output = output;
        _pongs = new PongLimit(output);
        _fragments = new FragmentBuffer(maxMessage);
        _maxMessage = maxMessage;
    }

    /// <summary>Whether either side has begun the closing handshake; nothing more is read.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether the client began it.</summary>
    public bool ClientClosed { get; private set; }

    /// <summary>Bytes of memory that hold an incomplete message's earlier fragments.</summary>
    public int Kept => _fragments.Capacity;

    /// <summary>Consumes complete frames until none is left, the connection closes, or <see cref="ShouldStop"/> says so.</summary>
    /// <returns>The position of the first byte not consumed.</returns>
    public SequencePosition Consume(in ReadOnlySequence<byte> buffer)
    {
        _pongs.Begin();
        var end = ConsumeFrames(buffer);
        _pongs.End();
        return end;
    }

    SequencePosition ConsumeFrames(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (!IsClosed && !ShouldStop)
        {
            if (_skip > 0)
            {
                var step = Math.Min(_skip, reader.Remaining);
                reader.Advance(step);
                _skip -= step;
                if (_skip > 0)
                {
                    break;
                }
            }

            var start = reader.Position;
            if (!FrameHeader.TryRead(ref reader, out var header, out var violation))
            {
                break;
            }

            violation ??= OutOfPlace(header);
            if (violation is not null)
            {
                Close(WebSocketCloseCode.ProtocolError, violation);
                break;
            }

            if (!header.IsControl && (_skipping || header.PayloadLength > _maxMessage - _fragments.Length))
            {
                Skip(header, reader.UnreadSequence);
                continue;
            }

            if (reader.Remaining < header.PayloadLength)
            {
                LookAhead(header, reader.UnreadSequence);
                return start;
            }

            var payload = reader.Sequence.Slice(reader.Position, header.PayloadLength);
            reader.Advance(header.PayloadLength);
            if (header.IsControl)
            {
                ProcessControl(header, payload);
            }
            else
            {
                ProcessData(header, payload);
            }
        }

        return reader.Position;
    }

    /// <summary>Begins the closing handshake; the close frame goes out with <see cref="Outbound.Close"/>.</summary>
    /// <param name="code">The close code.</param>
    /// <param name="reason">The reason in words, at most 123 bytes.</param>
    public void Close(WebSocketCloseCode code, string reason)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        _output.CloseFrame.Set(code, reason);
    }

    /// <summary>Gives up the fragments of an incomplete message.</summary>
    protected void DiscardFragments() => _fragments.Clear();

    /// <summary>Whether to stop before the next message.</summary>
    protected virtual bool ShouldStop => false;

    /// <summary>Handles a complete message. Text is valid UTF-8.</summary>
    protected abstract void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message);

    /// <summary>Handles a message over the limit, which is then skipped.</summary>
    /// <param name="beginning">The part received so far.</param>
    protected abstract void OnMessageTooLong(ReadOnlySpan<byte> beginning);

    /// <summary>Handles invalid UTF-8 in a text message; the connection is closed next.</summary>
    /// <param name="text">The part received so far.</param>
    protected virtual void OnInvalidText(ReadOnlySpan<byte> text)
    {
    }

    string? OutOfPlace(in FrameHeader header)
    {
        if (header.IsControl)
        {
            return null;
        }

        var inMessage = _fragmentsOpcode != WebSocketOpcode.Continuation;
        return header.Opcode == WebSocketOpcode.Continuation
            ? inMessage ? null : "a continuation frame without a message"
            : inMessage ? "a new message before the previous one is finished" : null;
    }

    void Skip(in FrameHeader header, in ReadOnlySequence<byte> begun)
    {
        if (header.PayloadLength > (long)_maxMessage * HopelessFactor)
        {
            Close(WebSocketCloseCode.MessageTooBig, "the message far exceeds limits.message");
            return;
        }

        if (!_skipping)
        {
            _skipping = true;
            _text = default;
            OnMessageTooLong(Joined(header, begun, Beginning));
            _fragments.Clear();
        }

        _skip = header.PayloadLength;
        if (header.Opcode != WebSocketOpcode.Continuation)
        {
            _fragmentsOpcode = header.Opcode;
        }

        if (header.IsFinal)
        {
            _skipping = false;
            EndMessage();
        }
    }

    // Rejects invalid text at once instead of when the frame is complete.
    void LookAhead(in FrameHeader header, in ReadOnlySequence<byte> begun)
    {
        if ((header.Opcode == WebSocketOpcode.Continuation ? _fragmentsOpcode : header.Opcode) != WebSocketOpcode.Text || header.IsControl)
        {
            return;
        }

        var news = begun.Slice(_checked);
        var text = Scratch((int)news.Length);
        Masking.Remove(news, Masking.Advance(header.Mask, _checked), text);
        _checked += text.Length;
        if (!_text.TryAppend(text))
        {
            RejectText(Joined(header, begun, _maxMessage));
        }
    }

    // Joins the previous fragments and the received part of this one.
    byte[] Joined(in FrameHeader header, in ReadOnlySequence<byte> begun, int maxLength)
    {
        var before = Math.Min(_fragments.Length, maxLength);
        var part = begun.Slice(0, Math.Min(Math.Min(begun.Length, header.PayloadLength), maxLength - before));
        var joined = new byte[before + part.Length];
        _fragments.Bytes[..before].CopyTo(joined);
        Masking.Remove(part, header.Mask, joined.AsSpan(before));
        return joined;
    }

    void ProcessData(in FrameHeader header, in ReadOnlySequence<byte> payload)
    {
        var length = (int)payload.Length;
        if (header.IsFinal && header.Opcode != WebSocketOpcode.Continuation)
        {
            var message = Scratch(length);
            Masking.Remove(payload, header.Mask, message);
            if (header.Opcode != WebSocketOpcode.Text || IsValidText(message))
            {
                OnMessage(header.Opcode, message);
            }
            else
            {
                RejectText(message);
            }

            return;
        }

        if (header.Opcode != WebSocketOpcode.Continuation)
        {
            _fragmentsOpcode = header.Opcode;
        }

        var fragment = _fragments.Append(length);
        Masking.Remove(payload, header.Mask, fragment);
        if (_fragmentsOpcode == WebSocketOpcode.Text
            && (!_text.TryAppend(fragment[_checked..]) || (header.IsFinal && !_text.IsComplete)))
        {
            RejectText(_fragments.Bytes);
            return;
        }

        _checked = 0;
        if (header.IsFinal)
        {
            OnMessage(_fragmentsOpcode, _fragments.Bytes);
            EndMessage();
        }
    }

    bool IsValidText(ReadOnlySpan<byte> message)
    {
        if (_checked == 0)
        {
            return Utf8.IsValid(message);
        }

        var valid = _text.TryAppend(message[_checked..]) && _text.IsComplete;
        _text = default;
        _checked = 0;
        return valid;
    }

    void RejectText(ReadOnlySpan<byte> text)
    {
        OnInvalidText(text);
        Close(WebSocketCloseCode.InvalidPayload, "a text must be valid UTF-8");
    }

    void ProcessControl(in FrameHeader header, in ReadOnlySequence<byte> masked)
    {
        Span<byte> buffer = stackalloc byte[FrameHeader.MaxControlPayload];
        var payload = buffer[..(int)masked.Length];
        Masking.Remove(masked, header.Mask, payload);
        if (header.Opcode == WebSocketOpcode.Ping)
        {
            _pongs.Answer(payload);
        }
        else if (header.Opcode == WebSocketOpcode.Close)
        {
            EchoClose(payload);
        }
    }

    void EchoClose(ReadOnlySpan<byte> payload)
    {
        if (payload.Length == 1 || (payload.Length >= 2 && !IsValidCloseCode(BinaryPrimitives.ReadUInt16BigEndian(payload))))
        {
            Close(WebSocketCloseCode.ProtocolError, "the close code is not valid");
        }
        else if (payload.Length > 2 && !Utf8.IsValid(payload[2..]))
        {
            Close(WebSocketCloseCode.InvalidPayload, "the close reason must be valid UTF-8");
        }
        else
        {
            IsClosed = true;
            ClientClosed = true;
            _output.CloseFrame.Set(payload.Length < 2 ? [] : payload[..2]);
        }
    }

    static bool IsValidCloseCode(ushort code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    void EndMessage()
    {
        _fragmentsOpcode = WebSocketOpcode.Continuation;
        _text = default;
        _fragments.Clear();
    }

    // A single-frame message lives only during its handler, so its buffer is per thread rather than per connection.
    static Span<byte> Scratch(int length)
    {
        if (s_scratch is null || s_scratch.Length < length)
        {
            s_scratch = GC.AllocateUninitializedArray<byte>(
                (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 4096)));
        }

        return s_scratch.AsSpan(0, length);
    }
}
