using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace CartRecovery.Engine.Ingest.Access;

/// <summary>
/// The header of the PROXY protocol, version 1 or 2 (HAProxy's specification of 2020/03/05, sections 2.1 and 2.2): a TCP proxy sends the client's address
/// before the client's bytes. Additional values (TLV) are skipped.
/// </summary>
/// <param name="Length">Length of the header in bytes. The client's bytes follow.</param>
/// <param name="Client">The client's address; <see langword="null"/> for a connection of the proxy itself, or of a client without an IP address.</param>
public readonly record struct ProxyHeader(int Length, IPAddress? Client)
{
    /// <summary>Maximum length of a header in bytes. A longer one is malformed.</summary>
    public const int MaxLength = 4096;

    // With the line break: section 2.1.
    const int MaxLine = 107;
    const int FixedLength = 16, MaxPort = 65_535;
    const byte Version2 = 0x20, Local = 0, Proxy = 1, Tcp4 = 0x11, Tcp6 = 0x21;

    static readonly byte[] s_signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();

    /// <summary>Parses the header at the begin of a connection.</summary>
    /// <param name="input">The bytes so far.</param>
    /// <param name="header">The header, if it is complete.</param>
    /// <returns>Whether it is complete; <see langword="null"/> if the bytes are not the begin of a header.</returns>
    public static bool? TryRead(ReadOnlySequence<byte> input, out ProxyHeader header)
    {
        header = default;
        var bytes = input.Slice(0, Math.Min(input.Length, MaxLength)).ToArray().AsSpan();
        var known = Math.Min(bytes.Length, s_signature.Length);
        return bytes.IsEmpty ? false
            : bytes[..known].SequenceEqual(s_signature.AsSpan(0, known)) ? TryReadBinary(bytes, out header)
            : TryReadLine(bytes, out header);
    }

    static bool? TryReadBinary(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        if (bytes.Length < FixedLength)
        {
            return false;
        }

        var (command, family, length) = (bytes[12] & 0x0f, bytes[13], FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]));
        var size = family switch { Tcp4 => 4, Tcp6 => 16, _ => 0 };
        if ((bytes[12] & 0xf0) != Version2 || command is not (Local or Proxy) || length > MaxLength || (command == Proxy && length < FixedLength + (2 * size) + (size > 0 ? 4 : 0)))
        {
            return null;
        }

        if (bytes.Length < length)
        {
            return false;
        }

        header = new ProxyHeader(length, command == Proxy && size > 0 ? Plain(new IPAddress(bytes.Slice(FixedLength, size))) : null);
        return true;
    }

    static bool? TryReadLine(ReadOnlySpan<byte> bytes, out ProxyHeader header)
    {
        header = default;
        var known = Math.Min(bytes.Length, 6);
        if (!bytes[..known].SequenceEqual("PROXY "u8[..known]))
        {
            return null;
        }

        var end = bytes[..Math.Min(bytes.Length, MaxLine)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length < MaxLine ? false : null;
        }

        var parts = Encoding.ASCII.GetString(bytes[..end]).Split(' ');
        if (parts is ["PROXY", "UNKNOWN", ..])
        {
            header = new ProxyHeader(end + 2, null);
            return true;
        }

        // The spelling of addresses is canonical, and IPAddress parses more, such as 7 and 0x7f000001.
        if (parts is not ["PROXY", "TCP4" or "TCP6", var source, var target, var sourcePort, var targetPort] || !IsPort(sourcePort) || !IsPort(targetPort)
            || AddressOf(parts[1], source) is not { } client || AddressOf(parts[1], target) is null)
        {
            return null;
        }

        header = new ProxyHeader(end + 2, client);
        return true;
    }

    static IPAddress? AddressOf(string family, string text) => !text.Contains('[') && text.Contains(':') == (family == "TCP6") ? ForwardingHeaders.AddressOf(text) : null;

    static bool IsPort(string text) => ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= MaxPort;

    static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
