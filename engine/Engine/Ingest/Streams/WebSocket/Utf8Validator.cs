using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace CartRecovery.Engine.Ingest.Streams.WebSocket;

/// <summary>Validates UTF-8 split at arbitrary positions, failing at the first byte that cannot be valid.</summary>
struct Utf8Validator
{
    const int MaxCharacterLength = 4;

    // The incomplete character at the end of the previous part, first byte lowest.
    uint _begun;
    int _begunLength;

    /// <summary>Whether the input so far ends on a character boundary.</summary>
    public readonly bool IsComplete => _begunLength == 0;

    /// <summary>Validates the next part.</summary>
    /// <returns><see langword="false"/> if no continuation could be valid; the validator must not be used afterwards.</returns>
    public bool TryAppend(ReadOnlySpan<byte> piece)
    {
        Span<byte> character = stackalloc byte[MaxCharacterLength];
        while (_begunLength > 0 && piece.Length > 0)
        {
            _begun |= (uint)piece[0] << (8 * _begunLength++);
            piece = piece[1..];
            BitConverter.TryWriteBytes(character, _begun);
            switch (Rune.DecodeFromUtf8(character[.._begunLength], out _, out _))
            {
                case OperationStatus.Done:
                    _begun = 0;
                    _begunLength = 0;
                    break;
                case OperationStatus.InvalidData:
                    return false;
            }
        }

        var cut = CutOff(piece);
        if (!Utf8.IsValid(piece[..^cut]))
        {
            return false;
        }

        for (var i = 0; i < cut; i++)
        {
            _begun |= (uint)piece[piece.Length - cut + i] << (8 * i);
        }

        _begunLength += cut;
        return cut == 0 || Rune.DecodeFromUtf8(piece[^cut..], out _, out _) == OperationStatus.NeedMoreData;
    }

    // The number of trailing bytes that begin an incomplete character.
    static int CutOff(ReadOnlySpan<byte> piece)
    {
        for (var i = 1; i < MaxCharacterLength && i <= piece.Length; i++)
        {
            var b = piece[^i];
            if ((b & 0xc0) != 0x80)
            {
                var length = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
                return length > i ? i : 0;
            }
        }

        return 0;
    }
}
