using System.Buffers;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>Splits a protocol's byte stream into messages.</summary>
public interface IStreamSession
{
    /// <summary>Consumes every complete message.</summary>
    /// <returns>The position of the first byte not consumed.</returns>
    SequencePosition Consume(in ReadOnlySequence<byte> buffer);

    /// <summary>Whether the session reads no further input.</summary>
    bool IsClosed { get; }

    /// <summary>Whether the client began the close, so it expects nothing but the reply to it.</summary>
    bool ClientClosed { get; }

    /// <summary>Bytes of an incomplete message that the session itself keeps.</summary>
    int Kept { get; }

    /// <summary>Gives up what the session keeps: nothing more is read.</summary>
    void Discard()
    {
    }

    /// <summary>Handles the end of the client's input.</summary>
    /// <param name="rest">The incomplete message at the end, if any.</param>
    void End(in ReadOnlySequence<byte> rest);
}
