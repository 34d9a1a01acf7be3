#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace outdial::lists {

/// An open file, closed with its owner. Errors name the path and the system's reason.
class File {
public:
    /// Anything that can be read from but a folder: a pipe will do.
    [[nodiscard]] static Result<File> open(std::string path);
    /// A new file that only its owner may read (0600), in place of an older one of that name. Never follows a symbolic
    /// link: the link is replaced.
    [[nodiscard]] static Result<File> create_private(std::string path);

    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    /// Fills the span from its start and says how much; 0 is the end. The only error without the path: whoever reads
    /// lines names them with it.
    [[nodiscard]] Result<std::size_t> read(std::span<char> into);
    /// Goes on so many bytes further; for files only.
    [[nodiscard]] Result<void> skip(std::uint64_t bytes);
    [[nodiscard]] Result<void> write(std::string_view bytes);
    /// Says what the destructor could not: that the last bytes did not reach the file.
    [[nodiscard]] Result<void> close();

    /// Its size when it was opened; 0 where that is not known (a pipe).
    [[nodiscard]] std::uint64_t size() const { return size_; }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    File(int descriptor, std::string path) : descriptor_{descriptor}, path_{std::move(path)} {}

    int descriptor_;  // -1: closed or moved from
    std::string path_;
    std::uint64_t size_ = 0;
};

}  // namespace outdial::lists
