namespace CartRecovery.Engine.Insights;

/// <summary>Bounds the products that are counted in all stores together. One thread.</summary>
/// <param name="max">Maximum number of products; further ones are not counted.</param>
public sealed class ProductAllowance(int max)
{
    int _count;

    /// <summary>Returns whether there is room for another product, and takes it.</summary>
    public bool TryTake() => _count < max && ++_count > 0;
}
