namespace CartRecovery.Engine.Events;

/// <summary>Recognises the masked ids that the API shows to callers without access to personal data. Thread-safe.</summary>
public interface IMaskedIds
{
    /// <summary>The prefix of masked ids. They are longer than <see cref="EventSlab.MaxIdLength"/>, so ordinary ids need no check.</summary>
    static ReadOnlySpan<byte> Prefix => "masked."u8;

    /// <summary>Returns whether a text is an authentic masked id of a customer or a cart of a store.</summary>
    /// <param name="storeId">The store, in UTF-8.</param>
    /// <param name="id">The text, in UTF-8, with the prefix.</param>
    bool IsMasked(ReadOnlySpan<byte> storeId, ReadOnlySpan<byte> id);
}
