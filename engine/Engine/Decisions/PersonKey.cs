using CartRecovery.Primitives;

namespace CartRecovery.Engine.Decisions;

/// <summary>A key that encrypts data of a person in the journal.</summary>
/// <param name="Person">The customer's key, or the cart's if nobody is signed in.</param>
/// <param name="Number">The number of the key that encrypts.</param>
public sealed record PersonKey(Hash128 Person, long Number)
{
    /// <summary>Writes it as a record of an entry.</summary>
    internal static void Write(BinaryWriter output, in Hash128 person, long number)
    {
        output.Write(person.Low);
        output.Write(person.High);
        output.Write(number);
    }

    /// <summary>Reads a record.</summary>
    /// <exception cref="EndOfStreamException">It is truncated.</exception>
    internal static PersonKey Read(BinaryReader input) => new(new Hash128(input.ReadUInt64(), input.ReadUInt64()), input.ReadInt64());
}
