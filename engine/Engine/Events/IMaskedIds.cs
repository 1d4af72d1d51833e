namespace CartRecovery.Engine.Events;

/// <summary>Knows the masked ids that the API shows to those who may not see personal data.</summary>
public interface IMaskedIds
{
    /// <summary>What they begin with. They are longer than <see cref="EventSlab.MaxIdLength"/>, so that events with ordinary ids need not look.</summary>
    static ReadOnlySpan<byte> Prefix => "masked."u8;

    /// <summary>Returns whether a text is certainly the masked id of a customer or a cart of a store.</summary>
    /// <param name="storeId">The store, in UTF-8.</param>
    /// <param name="id">The text, in UTF-8, with the prefix.</param>
    bool IsMasked(ReadOnlySpan<byte> storeId, ReadOnlySpan<byte> id);
}
