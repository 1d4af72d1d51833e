using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace CartRecovery.Primitives;

/// <summary>
/// Encrypts single blocks with AES-128 (FIPS 197), by the processor's instructions where it has them. Immutable and thread-safe. The
/// software path looks bytes up in a table, so its timing is not constant.
/// </summary>
public sealed class AesCipher
{
    /// <summary>Bytes of a key and of a block.</summary>
    public const int BlockSize = 16;

    const int Rounds = 10;
    static readonly byte[] s_substitution = Substitution();

    readonly Vector128<byte> _key0, _key1, _key2, _key3, _key4, _key5, _key6, _key7, _key8, _key9, _key10;

    /// <param name="key">16 bytes.</param>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    public AesCipher(ReadOnlySpan<byte> key)
    {
        if (key.Length != BlockSize)
        {
            throw new ArgumentException($"Expected {BlockSize} bytes.", nameof(key));
        }

        Span<Vector128<byte>> keys = stackalloc Vector128<byte>[Rounds + 1];
        Expand(key, keys);
        (_key0, _key1, _key2, _key3, _key4, _key5) = (keys[0], keys[1], keys[2], keys[3], keys[4], keys[5]);
        (_key6, _key7, _key8, _key9, _key10) = (keys[6], keys[7], keys[8], keys[9], keys[10]);
    }

    /// <summary>Encrypts a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<byte> Encrypt(Vector128<byte> block)
    {
        if (!X86Aes.IsSupported)
        {
            return ArmAes.IsSupported ? EncryptOnArm(block) : EncryptInSoftware(block);
        }

        block ^= _key0;
        block = X86Aes.Encrypt(block, _key1);
        block = X86Aes.Encrypt(block, _key2);
        block = X86Aes.Encrypt(block, _key3);
        block = X86Aes.Encrypt(block, _key4);
        block = X86Aes.Encrypt(block, _key5);
        block = X86Aes.Encrypt(block, _key6);
        block = X86Aes.Encrypt(block, _key7);
        block = X86Aes.Encrypt(block, _key8);
        block = X86Aes.Encrypt(block, _key9);
        return X86Aes.EncryptLast(block, _key10);
    }

    /// <summary>Encrypts a block without special instructions.</summary>
    internal Vector128<byte> EncryptInSoftware(Vector128<byte> block)
    {
        ReadOnlySpan<Vector128<byte>> keys = [_key1, _key2, _key3, _key4, _key5, _key6, _key7, _key8, _key9, _key10];
        Span<byte> state = stackalloc byte[BlockSize];
        Span<byte> shifted = stackalloc byte[BlockSize];
        (block ^ _key0).CopyTo(state);
        for (var round = 0; round < Rounds; round++)
        {
            // Row r of a column comes from r columns to the right.
            for (var i = 0; i < BlockSize; i++)
            {
                shifted[i] = s_substitution[state[(i + (4 * (i & 3))) & 15]];
            }

            if (round < Rounds - 1)
            {
                MixColumns(shifted);
            }

            (Vector128.Create<byte>(shifted) ^ keys[round]).CopyTo(state);
        }

        return Vector128.Create<byte>(state);
    }

    // The instruction adds the key before the substitution, not after the mixing.
    Vector128<byte> EncryptOnArm(Vector128<byte> block)
    {
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key0));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key1));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key2));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key3));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key4));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key5));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key6));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key7));
        block = ArmAes.MixColumns(ArmAes.Encrypt(block, _key8));
        return ArmAes.Encrypt(block, _key9) ^ _key10;
    }

    static void MixColumns(Span<byte> state)
    {
        for (var i = 0; i < BlockSize; i += 4)
        {
            var column = state.Slice(i, 4);
            var (first, all) = (column[0], (byte)(column[0] ^ column[1] ^ column[2] ^ column[3]));
            for (var row = 0; row < 4; row++)
            {
                column[row] ^= (byte)(all ^ Double((byte)(column[row] ^ (row == 3 ? first : column[row + 1]))));
            }
        }
    }

    static void Expand(ReadOnlySpan<byte> key, Span<Vector128<byte>> keys)
    {
        keys[0] = Vector128.Create<byte>(key);
        byte constant = 1;
        for (var round = 1; round <= Rounds; round++)
        {
            var words = keys[round - 1].AsUInt32();
            var word = words[0] ^ Substitute(BitOperations.RotateRight(words[3], 8)) ^ constant;
            var (second, third) = (word ^ words[1], word ^ words[1] ^ words[2]);
            keys[round] = Vector128.Create(word, second, third, third ^ words[3]).AsByte();
            constant = Double(constant);
        }
    }

    static uint Substitute(uint word)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
        foreach (ref var value in bytes)
        {
            value = s_substitution[value];
        }

        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    // The inverse in GF(2⁸), then an affine transformation. Walks all elements as powers of 3, with their inverses.
    static byte[] Substitution()
    {
        var table = new byte[256];
        byte power = 1, inverse = 1;
        do
        {
            power ^= Double(power);
            inverse ^= (byte)(inverse << 1);
            inverse ^= (byte)(inverse << 2);
            inverse ^= (byte)(inverse << 4);
            inverse ^= (byte)((inverse & 0x80) != 0 ? 0x09 : 0);
            table[power] = (byte)(inverse ^ Rotate(inverse, 1) ^ Rotate(inverse, 2) ^ Rotate(inverse, 3) ^ Rotate(inverse, 4) ^ 0x63);
        }
        while (power != 1);

        table[0] = 0x63;
        return table;
    }

    static byte Rotate(byte value, int bits) => (byte)((value << bits) | (value >> (8 - bits)));

    // Multiplies by x in GF(2⁸).
    static byte Double(byte value) => (byte)((value << 1) ^ ((value & 0x80) != 0 ? 0x1b : 0));
}
