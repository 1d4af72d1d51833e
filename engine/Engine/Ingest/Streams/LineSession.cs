using System.Buffers;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.Connections;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>Reads events over plain TCP: each line is one event or an array of events. Empty lines are ignored.</summary>
public sealed class LineSession(ClientConnection connection, int maxLine) : IStreamSession
{
    bool _skipping;

    /// <inheritdoc/>
    public bool IsClosed => false;

    /// <inheritdoc/>
    public bool ClientClosed => false;

    /// <inheritdoc/>
    public int Kept => 0;

    /// <inheritdoc/>
    public SequencePosition Consume(in ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (!connection.IsHopeless)
        {
            if (reader.TryReadTo(out ReadOnlySequence<byte> line, (byte)'\n'))
            {
                ProcessLine(line);
            }
            else if (reader.Remaining > maxLine)
            {
                // Not buffered until its end: the rest of the line is discarded as it arrives.
                BeginSkipping(reader.UnreadSequence);
                reader.AdvanceToEnd();
                break;
            }
            else
            {
                if (_skipping)
                {
                    reader.AdvanceToEnd();
                }

                break;
            }
        }

        return reader.Position;
    }

    /// <inheritdoc/>
    public void End(in ReadOnlySequence<byte> rest)
    {
        // The last line may lack a line end.
        if (rest.Length > 0)
        {
            ProcessLine(rest);
        }
    }

    void ProcessLine(in ReadOnlySequence<byte> line)
    {
        if (_skipping)
        {
            _skipping = false;
        }
        else if (line.Length > maxLine)
        {
            BeginSkipping(line);
            _skipping = false;
        }
        else
        {
            Process(ContiguousBuffer.Of(line));
        }
    }

    void Process(ReadOnlySpan<byte> line)
    {
        var text = line.Trim(" \t\r"u8);
        if (text.Length > 0)
        {
            connection.RouteJson(text);
        }
    }

    void BeginSkipping(in ReadOnlySequence<byte> line)
    {
        if (!_skipping)
        {
            _skipping = true;
            connection.Reject(new EventProblem(EventErrorCode.MessageTooLarge, "the line exceeds limits.message"),
                ContiguousBuffer.Of(line.Slice(0, Math.Min(line.Length, DeadLetterQueue.Beginning))), isTruncated: true);
        }
    }
}
