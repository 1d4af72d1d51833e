using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;
using CartRecovery.Engine.Ingest.Connections;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>
/// The server's side of RFC 6455 without the socket: it is handed what was read, works off every complete frame in it, and says how far
/// it came. Messages are handed on whole and unmasked; control frames are answered here. One thread at a time.
/// </summary>
public abstract class WebSocketProtocol
{
    // A message this many times the limit is no mistake: skipping it is not worth the bandwidth.
    const int HopelessFactor = 64;

    // Of a message that is too long so much is shown.
    const int Beginning = 32 * 1024;

    [ThreadStatic]
    static byte[]? t_scratch;

    readonly Outbound _output;
    readonly int _maxMessage;
    byte[] _fragments = [];
    int _fragmentsLength;
    WebSocketOpcode _fragmentsOpcode;
    // A text that comes in parts is validated as it comes; of the frame under way so many bytes are.
    Utf8Validator _text;
    int _checked;
    bool _skipping;
    long _skip;

    /// <param name="output">Where answers go.</param>
    /// <param name="maxMessage">The longest message, in bytes.</param>
    protected WebSocketProtocol(Outbound output, int maxMessage)
    {
        _output = output;
        _maxMessage = maxMessage;
    }

    /// <summary>The closing handshake was begun by either side: nothing more is read.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>It was the client who began it.</summary>
    public bool ClientClosed { get; private set; }

    /// <summary>The last <see cref="Consume"/> stopped because <see cref="ShouldPause"/> said so: there may be more in what it was handed.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Works off complete frames until they run out, the connection closes, or <see cref="ShouldPause"/> says so.</summary>
    /// <returns>Where to go on.</returns>
    public SequencePosition Consume(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (!IsClosed && !(IsPaused = ShouldPause))
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

            if (!header.IsControl && (_skipping || header.PayloadLength > _maxMessage - _fragmentsLength))
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
                TakeControl(header, payload);
            }
            else
            {
                TakeData(header, payload);
            }
        }

        return reader.Position;
    }

    /// <summary>Begins the closing handshake; the close frame goes out with <see cref="Outbound.Close"/>.</summary>
    /// <param name="code">Why.</param>
    /// <param name="reason">The same in words, at most 123 bytes.</param>
    public void Close(WebSocketCloseCode code, string reason)
    {
        if (IsClosed)
        {
            return;
        }

        IsClosed = true;
        _output.SetFarewell(code, reason);
    }

    /// <summary>What was gathered should be handed on before more is read.</summary>
    protected virtual bool ShouldPause => false;

    /// <summary>Takes a whole message. A text is valid UTF-8.</summary>
    protected abstract void OnMessage(WebSocketOpcode opcode, ReadOnlySpan<byte> message);

    /// <summary>A message is over the limit; it is skipped.</summary>
    /// <param name="beginning">What of it is there already.</param>
    protected abstract void OnMessageTooLong(ReadOnlySpan<byte> beginning);

    /// <summary>A text is not valid UTF-8; the connection is about to be closed for it.</summary>
    /// <param name="text">What of it is there.</param>
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
            ? inMessage ? null : "there is no message to continue"
            : inMessage ? "the message before is not finished" : null;
    }

    void Skip(in FrameHeader header, in ReadOnlySequence<byte> begun)
    {
        if (header.PayloadLength > (long)_maxMessage * HopelessFactor)
        {
            Close(WebSocketCloseCode.MessageTooBig, "the message is far over limits.message");
            return;
        }

        if (!_skipping)
        {
            _skipping = true;
            _text = default;
            OnMessageTooLong(Joined(header, begun, Beginning));
            _fragmentsLength = 0;
            ReturnFragments();
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

    // The sender of a bad text hears of it now, and not when the rest has come.
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
            RefuseText(Joined(header, begun, _maxMessage));
        }
    }

    // The fragments before, and what is there of this one.
    byte[] Joined(in FrameHeader header, in ReadOnlySequence<byte> begun, int atMost)
    {
        var before = Math.Min(_fragmentsLength, atMost);
        var part = begun.Slice(0, Math.Min(Math.Min(begun.Length, header.PayloadLength), atMost - before));
        var joined = new byte[before + part.Length];
        _fragments.AsSpan(0, before).CopyTo(joined);
        Masking.Remove(part, header.Mask, joined.AsSpan(before));
        return joined;
    }

    void TakeData(in FrameHeader header, in ReadOnlySequence<byte> payload)
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
                RefuseText(message);
            }

            return;
        }

        if (header.Opcode != WebSocketOpcode.Continuation)
        {
            _fragmentsOpcode = header.Opcode;
        }

        GrowFragments(length);
        var fragment = _fragments.AsSpan(_fragmentsLength, length);
        Masking.Remove(payload, header.Mask, fragment);
        _fragmentsLength += length;
        if (_fragmentsOpcode == WebSocketOpcode.Text
            && (!_text.TryAppend(fragment[_checked..]) || (header.IsFinal && !_text.IsComplete)))
        {
            RefuseText(_fragments.AsSpan(0, _fragmentsLength));
            return;
        }

        _checked = 0;
        if (header.IsFinal)
        {
            OnMessage(_fragmentsOpcode, _fragments.AsSpan(0, _fragmentsLength));
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

    void RefuseText(ReadOnlySpan<byte> text)
    {
        OnInvalidText(text);
        Close(WebSocketCloseCode.InvalidPayload, "a text must be valid UTF-8");
    }

    void TakeControl(in FrameHeader header, in ReadOnlySequence<byte> masked)
    {
        Span<byte> buffer = stackalloc byte[125];
        var payload = buffer[..(int)masked.Length];
        Masking.Remove(masked, header.Mask, payload);
        if (header.Opcode == WebSocketOpcode.Ping)
        {
            _output.TryAnswer(WebSocketOpcode.Pong, payload);
        }
        else if (header.Opcode == WebSocketOpcode.Close)
        {
            AnswerClose(payload);
        }
    }

    void AnswerClose(ReadOnlySpan<byte> payload)
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
            _output.SetFarewell(payload.Length < 2 ? [] : payload[..2]);
        }
    }

    static bool IsValidCloseCode(ushort code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    void GrowFragments(int more)
    {
        var needed = _fragmentsLength + more;
        if (needed > _fragments.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Min(Math.Max(needed, _fragments.Length * 2), Math.Max(needed, _maxMessage)));
            _fragments.AsSpan(0, _fragmentsLength).CopyTo(larger);
            ReturnFragments();
            _fragments = larger;
        }
    }

    void EndMessage()
    {
        _fragmentsOpcode = WebSocketOpcode.Continuation;
        _fragmentsLength = 0;
        _text = default;
        ReturnFragments();
    }

    void ReturnFragments()
    {
        if (_fragments.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_fragments);
            _fragments = [];
        }
    }

    // A message in one frame lives no longer than the call that handles it, so its bytes are the thread's and not the connection's.
    static Span<byte> Scratch(int length)
    {
        if (t_scratch is null || t_scratch.Length < length)
        {
            t_scratch = GC.AllocateUninitializedArray<byte>((int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(length, 4096)));
        }

        return t_scratch.AsSpan(0, length);
    }
}
