using System.Security.Cryptography;
using System.Text;

namespace Forge.Search;

/// <summary>Repositories in different places may have directories of the same name.</summary>
internal static class RepositoryNames
{
    /// <summary>The name with the beginning of a hash of the place.</summary>
    public static string Distinct(string name, string path) =>
        $"{name}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..8]}";
}
